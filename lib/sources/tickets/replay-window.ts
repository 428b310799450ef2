/**
 * A delivery whose signature covers no time of sending could be captured and replayed for ever. Jira retries for about an hour,
 * GitHub only when somebody asks for it, so an event older than a day is no retry.
 */
const MAX_AGE_MS = 24 * 3_600_000

/** Tolerance for clocks that differ. */
const MAX_AHEAD_MS = 5 * 60_000

/** @param occurredMs undefined if it cannot be read: the rules decide then. @returns why the event is not acted on */
export function outsideWindow(occurredMs: number | undefined, atMs: number): string | undefined {
  if (occurredMs === undefined) return undefined
  if (atMs - occurredMs > MAX_AGE_MS) return 'older than a day'
  return occurredMs - atMs > MAX_AHEAD_MS ? 'more than 5 min in the future' : undefined
}
