import * as z from 'zod/mini'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import type { RunOperation } from '../cloud-for.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { allowedMs, extendedDeadline } from '../schedule.ts'

/** How long a run is expected to take. */
export const Expected = z.object({
  seconds: z
    .optional(z.int())
    .check(
      z.describe('From when it is sent until its end: the median of the newest successful runs of this operation'),
    ),
  ofRuns: z.int().check(z.describe('The number of those runs')),
  givesUpAfterMinutes: z.int().check(z.describe('When the run would end as `timed-out` at the latest')),
})
export type Expected = z.infer<typeof Expected>

/** Enough for a figure; older runs say little. */
const RUNS_COUNTED = 20

/** The seconds that the newest runs of an operation took, in ascending order; none if they cannot be read. */
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

/** A run that shared the end of another counts not at all: it was never accepted by the provider. */
function secondsOf({ acceptedAt, sentAt, endedAt, updatedAt }: Run): number[] {
  return acceptedAt ? [(Date.parse(endedAt ?? updatedAt) - Date.parse(sentAt ?? acceptedAt)) / 1000] : []
}

/** @param sorted the result of `tookSeconds`. @param baseline undefined if it could not be read */
export function expectedOf(
  { run, operation }: RunOperation,
  { baseline, sorted, nowMs }: { baseline: unknown; sorted: number[]; nowMs: number },
): Expected {
  const seconds = quantile(sorted, 0.5)
  const allowedMinutes = allowedMs(operation, run.params) / 60_000
  const deadlineAt = baseline === undefined ? undefined : extendedDeadline({ ...run, baseline }, operation, nowMs)
  const minutes = deadlineAt ? Math.round((Date.parse(deadlineAt) - nowMs) / 60_000) : allowedMinutes
  return { ...(seconds === undefined ? {} : { seconds }), ofRuns: sorted.length, givesUpAfterMinutes: minutes }
}

/**
 * The value below which a share of the values lies, between neighbours by their distance, as a whole number.
 * @param sorted ascending
 */
export function quantile(sorted: readonly number[], share: number): number | undefined {
  const at = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low === undefined || high === undefined ? undefined : Math.round(low + (high - low) * (at % 1))
}
