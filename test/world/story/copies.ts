/** How many messages each run's looks cost. */
export interface Copies {
  /** @param by the function that sent it */
  posted(runId: string, by: string): void
  stepped(runId: string): void
  joined(runId: string): void
  /** @returns what was sent, where that is more than its steps, re-arms and joins account for */
  tooMany(runId: string): string | undefined
}

/** A step leads to one message; some come twice, or early, and are sent on once more. */
const A_STEP = 3
/** What the sweeper sends, and what that leads to. */
const A_REARM = 2
/** Its own look, the second look, and the message that wakes it. */
const A_JOIN = 3
const ONCE = 6

export function createCopies(): Copies {
  const [own, rearms, steps, joins] = [newCounts(), newCounts(), newCounts(), newCounts()]
  const count = (counts: Map<string, number>, runId: string): void => {
    counts.set(runId, (counts.get(runId) ?? 0) + 1)
  }
  return {
    // One that joined another, and does so no more, begins anew: its record does not tell all.
    stepped: (runId) => count(steps, runId),
    joined: (runId) => count(joins, runId),
    posted: (runId, by) => {
      // Somebody sends a dead letter back.
      if (by === 'api') return
      count(by === 'sweep-runs' ? rearms : own, runId)
    },
    tooMany: (runId) => {
      const [sent = 0, again = 0, taken = 0, joined = 0] = [own, rearms, steps, joins].map((counts) =>
        counts.get(runId),
      )
      if (sent <= A_STEP * taken + A_REARM * again + A_JOIN * joined + ONCE) return undefined
      return `${sent} messages for ${taken} steps, ${again} re-arms and ${joined} joins`
    },
  }
}

function newCounts(): Map<string, number> {
  return new Map()
}
