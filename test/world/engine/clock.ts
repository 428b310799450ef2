/** A moment in which something happens in a world. */
export interface Appointment {
  at: number
  /** The order of those of one instant: as they were made. */
  turn: number
  run: (() => void) | undefined
}

export interface Clock {
  now: () => number
  at(ms: number, run: () => void): Appointment
  after(ms: number, run: () => void): Appointment
  /** Lives through everything that happens up to `end` (epoch ms), in order; earlier if nothing is left, or `until` says so. */
  run(end: number, until?: () => boolean): Promise<void>
}

/**
 * Does it when no microtask is left. Node drains the microtasks as a whole before it looks at what `nextTick` was given
 * meanwhile; queued from a microtask, because what is given to `nextTick` outside of one may run before them. It needs no
 * turn of the event loop, which would cost a system call each time.
 */
function whenAllIsDone(run: () => void): void {
  queueMicrotask(() => process.nextTick(run))
}

/**
 * A clock that jumps from one appointment to the next. Between two of them every microtask that is left has run: what needs
 * no time has happened when the clock moves on. There is nothing else that code under test could wait for: no socket, no
 * file, no real timer.
 */
export function createClock(start: number): Clock {
  const heap: Appointment[] = []
  let now = start
  let turns = 0
  const clock: Clock = {
    now: () => now,
    at: (ms, run) => {
      const appointment = { at: Math.max(ms, now), turn: turns++, run }
      push(heap, appointment)
      return appointment
    },
    after: (ms, run) => clock.at(now + ms, run),
    run: (end, until = () => false) =>
      new Promise((resolve, reject) => {
        const step = (): void => {
          try {
            for (;;) {
              const next = heap[0]
              if (!next || next.at > end || until()) {
                if (now < end && !until()) now = end
                resolve()
                return
              }
              pop(heap)
              // Cancelled.
              if (!next.run) continue
              now = next.at
              next.run()
              whenAllIsDone(step)
              return
            }
          } catch (error) {
            reject(error)
          }
        }
        // What was begun from outside goes first.
        whenAllIsDone(step)
      }),
  }
  return clock
}

/** Keeps an appointment from happening. */
export function cancel(appointment: Appointment): void {
  appointment.run = undefined
}

function before(a: Appointment, b: Appointment): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn)
}

function push(heap: Appointment[], one: Appointment): void {
  let index = heap.length
  heap.push(one)
  while (index > 0) {
    const above = (index - 1) >> 1
    const parent = heap[above]
    if (!parent || !before(one, parent)) break
    heap[index] = parent
    index = above
  }
  heap[index] = one
}

function pop(heap: Appointment[]): void {
  const last = heap.pop()
  if (!last || heap.length === 0) return
  let index = 0
  for (;;) {
    const left = 2 * index + 1
    const [a, b] = [heap[left], heap[left + 1]]
    if (!a) break
    const [child, at] = b && before(b, a) ? [b, left + 1] : [a, left]
    if (!before(child, last)) break
    heap[index] = child
    index = at
  }
  heap[index] = last
}
