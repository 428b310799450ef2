/** Who waits until which message has been handed over. */
export type Handovers = {
  done(messageId: string): void
  /** Rejects where it takes too long. */
  wait(messageId: string): Promise<void>
}

// Less than any function has: who publishes hears that it failed, and repeats it.
const MOST_MS = 10_000
// Messages that are done before anybody waits; of an SNS that is not ours, for which nobody ever waits.
const MOST_EARLY = 100

/** Brings together the reader of a topic and the topic itself, whichever comes first. */
export function handovers(mostMs = MOST_MS): Handovers {
  const early = new Set<string>()
  const waiting = new Map<string, () => void>()
  return {
    done(messageId) {
      const resolve = waiting.get(messageId)
      if (resolve) return resolve()
      early.add(messageId)
      for (const oldest of early) if (early.size > MOST_EARLY) early.delete(oldest)
    },
    async wait(messageId) {
      if (early.delete(messageId)) return
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.set(messageId, resolve)
      const timer = setTimeout(() => reject(new Error(`${messageId}: not handed over in ${mostMs} ms`)), mostMs)
      await promise.finally(() => {
        clearTimeout(timer)
        waiting.delete(messageId)
      })
    },
  }
}
