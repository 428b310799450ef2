/** How many messages each run's looks cost. */
export interface Copies {
  /** @param by the function that sent it */
  posted(runId: string, by: string): void
  stepped(runId: string): void
  /** @returns what was sent, where that is more than its steps and re-arms account for */
  tooMany(runId: string): string | undefined
}

/** A step leads to one message; some come twice, or early, and are sent on once more. */
const A_STEP = 3
/** What the sweeper sends, and what that leads to. */
const A_REARM = 2
const ONCE = 6

export function createCopies(): Copies {
  const [own, rearms, steps] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()]
  const count = (counts: Map<string, number>, runId: string): void => {
    counts.set(runId, (counts.get(runId) ?? 0) + 1)
  }
  return {
    // One that joined another, and does so no more, begins anew: its record does not tell all.
    stepped: (runId) => count(steps, runId),
    posted: (runId, by) => {
      // Somebody sends a dead letter back.
      if (by === 'api') return
      count(by === 'sweep-runs' ? rearms : own, runId)
    },
    tooMany: (runId) => {
      const [sent = 0, again = 0, taken = 0] = [own, rearms, steps].map((counts) => counts.get(runId))
      if (sent <= A_STEP * taken + A_REARM * again + ONCE) return undefined
      return `${sent} messages for ${taken} steps, and ${again} re-arms`
    },
  }
}
