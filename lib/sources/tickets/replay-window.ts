/**
 * Where nothing signed ties a delivery to its time, what was caught once could be sent for ever. Jira tries again for about
 * an hour, GitHub only when somebody says so; what is older than a day is no retry of theirs.
 */
const MAX_AGE_MS = 24 * 3_600_000

/** Clocks differ by less. */
const MAX_AHEAD_MS = 5 * 60_000

/** @param occurredMs undefined where it cannot be read: then the rules say what becomes of it. @returns why not to act on it */
export function outsideWindow(occurredMs: number | undefined, atMs: number): string | undefined {
  if (occurredMs === undefined) return undefined
  if (atMs - occurredMs > MAX_AGE_MS) return 'older than a day'
  return occurredMs - atMs > MAX_AHEAD_MS ? 'ahead of its time' : undefined
}
