import * as z from 'zod'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { deadlineOf, givenMs } from '../schedule.ts'

/** How long a run may be expected to take. */
export const Expected = z.strictObject({
  /** From when it is sent until its end: the median of the newest runs of this operation that succeeded. */
  seconds: z.number().int().optional(),
  /** How many those are. */
  ofRuns: z.number().int(),
  givesUpAfterMinutes: z.number().int(),
})
export type Expected = z.infer<typeof Expected>

/** Enough for a figure; what was long ago says little. */
const RUNS_COUNTED = 20

/** How long the newest runs of an operation took, in order of length; none where they cannot be read. */
export async function tookSeconds(
  { store, log }: Pick<Ports, 'store' | 'log'>,
  { name }: LifecycleOperation,
): Promise<number[]> {
  try {
    const { runs } = await store.list({ operation: name, state: ['succeeded'], limit: RUNS_COUNTED })
    return runs.flatMap(secondsOf).sort((a, b) => a - b)
  } catch (error) {
    log('warn', 'earlier runs cannot be listed', { operation: name, error: String(error) })
    return []
  }
}

/** None of a run that shared the end of another: it was never taken on. */
function secondsOf({ acceptedAt, sentAt, endedAt, updatedAt }: Run): number[] {
  return acceptedAt ? [(Date.parse(endedAt ?? updatedAt) - Date.parse(sentAt ?? acceptedAt)) / 1000] : []
}

/** @param sorted what `tookSeconds` gave. @param baseline undefined where it could not be read */
export function expectedOf(
  operation: LifecycleOperation,
  run: Run,
  baseline: unknown,
  sorted: number[],
  nowMs: number,
): Expected {
  const middle = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  const [low = 0, high = 0] = middle
  const median = sorted.length > 0 ? { seconds: Math.round((low + high) / 2) } : {}
  const givenMinutes = givenMs(operation, run.params) / 60_000
  const deadlineAt = baseline === undefined ? undefined : deadlineOf({ ...run, baseline }, operation, nowMs)
  const minutes = deadlineAt ? Math.round((Date.parse(deadlineAt) - nowMs) / 60_000) : givenMinutes
  return { ...median, ofRuns: sorted.length, givesUpAfterMinutes: minutes }
}
