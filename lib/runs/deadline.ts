import type { Clock } from './ports.ts'

/** Kept back from the time-out of an invocation, so that its results are written before it is cut off. */
const MARGIN_MS = 3_000

/** When an invocation must be done (epoch ms). */
export function invocationDeadlineMs(
  clock: Clock,
  { getRemainingTimeInMillis }: { getRemainingTimeInMillis(): number },
): number {
  return clock() + getRemainingTimeInMillis() - MARGIN_MS
}
