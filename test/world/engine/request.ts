import { acting, type Scope, scope, type Worker, whenAwake, world } from './current.ts'
import type { FaultKind } from './faults.ts'

export type Service = 'table' | 'queue' | 'topic'

/** What becomes of one request, the SDK client's own repeats included. */
interface Fate {
  /** How often it reaches the service: a client that hears nothing sends it again. */
  arrives: 0 | 1 | 2
  heard: boolean
  slow: boolean
}

const FINE: Fate = { arrives: 1, heard: true, slow: false }

/** So many ms a slow one takes at most: longer than a worker of ours may hold what it has begun. */
const SLOWEST_MS = 60_000

/**
 * One request of an SDK client, for the invocation that acts now: it travels, takes effect, and the answer travels back.
 * The worker may die before it is sent, or after: what was sent takes effect all the same. A worker that froze goes on
 * when it is thawed, with an answer of long ago.
 */
export function request<Answer>(service: Service, what: string, effect: () => Answer): Promise<Answer> {
  const by = acting()
  const { worker } = by
  const { clock } = world()
  return new Promise((resolve, reject) => {
    const send = (): void => {
      if (dies(worker, 'before', what)) return
      if (world().hangs.now(service)) {
        hang(service, what, by, effect, reject)
        return
      }
      const fate = fateOf(service)
      if (fate.slow) note(`${service} is slow with ${what}`)
      const arrived = (): void => {
        const answer = arrive(fate, effect)
        if (!fate.heard) note(`no answer to ${what}, which arrived ${fate.arrives} times`)
        if (dies(worker, 'after', what)) return
        const heard = (): void => {
          if (!fate.heard) reject(new Error(`${service}: no answer`))
          else if ('error' in answer) reject(answer.error)
          else resolve(answer.value)
        }
        clock.after(world().travelMs(service), () => whenAwake(worker, heard))
      }
      clock.after(travelMs(service, fate), () => scope.run(by, arrived))
    }
    freezeNowAndThen()
    whenAwake(worker, send)
  })
}

/** A client tries so often, each so much later, and gives up after so long: as lib/aws/client-timeouts.ts has it, with its own waits. */
const TRIES = 3
const TRY_MS = 2_200
const GIVES_UP_MS = 6_500

/** Of the tries that get no answer so many take effect all the same. */
const ARRIVES = 0.2

function hang(service: Service, what: string, by: Scope, effect: () => unknown, fail: (error: Error) => void): void {
  const { clock, faults } = world()
  note(`${service} hangs with ${what}`)
  for (let time = 0; time < TRIES; time++) {
    if (faults.measure() >= ARRIVES) continue
    clock.after(time * TRY_MS + world().travelMs(service), () => scope.run(by, () => void arrive({ ...FINE }, effect)))
  }
  clock.after(GIVES_UP_MS, () => whenAwake(by.worker, () => fail(new Error(`${service}: no answer`))))
}

/** Whether the worker dies here, before or after it does something. */
export function dies(worker: Worker, when: 'before' | 'after', what: string): boolean {
  if (worker.isSpared() || !world().faults.happens(`worker dies ${when} a request`)) return false
  worker.die(`dies ${when} ${what}`)
  return true
}

/** Now and then, the worker that acts does not go on for minutes. */
export function freezeNowAndThen(): void {
  const { worker } = acting()
  const { faults, clock } = world()
  if (worker.isSpared() || !faults.happens('worker freezes')) return
  const ms = Math.floor(faults.measure() ** 2 * 600_000)
  worker.freeze(clock.now() + ms)
  note(`freezes for ${Math.round(ms / 1000)} s`)
}

function fateOf(service: Service): Fate {
  const { faults } = world()
  const happens = (what: 'slow' | 'fails' | 'answer lost, client repeats' | 'answer lost for good'): boolean =>
    faults.happens(`${service} ${what}` satisfies FaultKind)
  if (happens('fails')) return { arrives: 0, heard: false, slow: false }
  if (happens('answer lost, client repeats')) return { arrives: 2, heard: true, slow: false }
  if (happens('answer lost for good')) return { arrives: 2, heard: false, slow: true }
  return happens('slow') ? { arrives: 1, heard: true, slow: true } : FINE
}

function travelMs(service: Service, { slow }: Fate): number {
  const usual = world().travelMs(service)
  return slow ? usual + Math.floor(world().faults.measure() ** 3 * SLOWEST_MS) : usual
}

type Answered<Answer> = { value: Answer } | { error: unknown }

/** The client hears the answer to the last of its attempts. */
function arrive<Answer>({ arrives }: Fate, effect: () => Answer): Answered<Answer> {
  let last: Answered<Answer> = { error: new Error('it never arrived') }
  for (let time = 0; time < arrives; time++) {
    try {
      last = { value: effect() }
    } catch (error) {
      last = { error }
    }
  }
  return last
}

/** Notes what the invocation that acts now does, or what happens to it. */
export function note(what: string, more: readonly string[] = []): void {
  const { log, clock } = world()
  if (!log) return
  const store = scope.getStore()
  log.note(clock.now(), store?.worker.name ?? 'the world', what, [...(store?.message?.runIds ?? []), ...more])
}
