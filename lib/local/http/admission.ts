/** A request that waits for its function, or is with it. */
export interface Admitted {
  /**
   * Says how many bytes of its body are held by now. The number never falls.
   * @returns false where there is no room for so many: then nothing has changed
   */
  hold(bytes: number): boolean
  leave(): void
}

/** Counts the requests of each function that are not answered yet, and the bytes held of their bodies. */
export interface Admission {
  /**
   * @param name each name has a line of its own
   * @param atMost requests in that line
   * @returns undefined where the line is full
   */
  enter(name: string, atMost: number): Admitted | undefined
}

/** Bytes held: of each body up to `SMALL_BYTES`, and of large ones the rest. */
interface Held {
  bytes: number
  largeBytes: number
}

/** Nearly all bodies have a few KiB. A function refuses more than 1 MiB once the sender is proven. */
const SMALL_BYTES = 1024 * 1024

/** For the bodies of one function. Large bodies (two of the largest at once) take room from each other only. */
const ROOM: Held = { bytes: 64 * 1024 * 1024, largeBytes: 20 * 1024 * 1024 }

export function createAdmission(): Admission {
  const lines = new Map<string, Held & { requests: number }>()
  return {
    enter: (name, atMost) => {
      const line = lines.get(name) ?? { requests: 0, bytes: 0, largeBytes: 0 }
      if (line.requests >= atMost) return undefined
      lines.set(name, line)
      line.requests++
      let own: Held = { bytes: 0, largeBytes: 0 }
      const change = (next: Held): boolean => {
        const bytes = line.bytes + next.bytes - own.bytes
        const largeBytes = line.largeBytes + next.largeBytes - own.largeBytes
        if (bytes > ROOM.bytes || largeBytes > ROOM.largeBytes) return false
        Object.assign(line, { bytes, largeBytes })
        own = next
        return true
      }
      return {
        hold: (held) => change({ bytes: Math.min(held, SMALL_BYTES), largeBytes: Math.max(0, held - SMALL_BYTES) }),
        leave: () => {
          change({ bytes: 0, largeBytes: 0 })
          line.requests--
        },
      }
    },
  }
}
