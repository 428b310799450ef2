/** A request that waits for its function, or is with it. */
export interface Admitted {
  /**
   * Says how many bytes of its body are held by now. Never fewer than before.
   * @returns false where there is no room for so many: then nothing has changed
   */
  hold(bytes: number): boolean
  leave(): void
}

/** Requests that are not answered yet, of each function, with what is held of their bodies. */
export interface Admission {
  /**
   * @param name each has a line of its own
   * @param atMost requests in it
   * @returns undefined where it is full
   */
  enter(name: string, atMost: number): Admitted | undefined
}

/** Bytes that are held: of each body up to `UP_TO`, and of large ones what goes beyond. */
interface Held {
  bytes: number
  largeBytes: number
}

/** Nearly all bodies have a few KiB; what has more than 1 MiB is refused once it is proven. */
const UP_TO = 1024 * 1024

/** For the bodies of one function. Large ones, two of the largest at once, take room from each other only. */
const ROOM: Held = { bytes: 64 * 1024 * 1024, largeBytes: 20 * 1024 * 1024 }

export function createAdmission(): Admission {
  const lines = new Map<string, Held & { requests: number }>()
  return {
    enter: (name, atMost) => {
      const all = lines.get(name) ?? { requests: 0, bytes: 0, largeBytes: 0 }
      if (all.requests >= atMost) return undefined
      lines.set(name, all)
      all.requests++
      let own: Held = { bytes: 0, largeBytes: 0 }
      const change = (next: Held): boolean => {
        const bytes = all.bytes + next.bytes - own.bytes
        const largeBytes = all.largeBytes + next.largeBytes - own.largeBytes
        if (bytes > ROOM.bytes || largeBytes > ROOM.largeBytes) return false
        Object.assign(all, { bytes, largeBytes })
        own = next
        return true
      }
      return {
        hold: (held) => change({ bytes: Math.min(held, UP_TO), largeBytes: Math.max(0, held - UP_TO) }),
        leave: () => {
          change({ bytes: 0, largeBytes: 0 })
          all.requests--
        },
      }
    },
  }
}
