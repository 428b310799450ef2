import * as z from 'zod'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import type { RunOperation } from '../cloud-for.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { allowedMs, extendedDeadline } from '../schedule.ts'

/** How long a run is expected to take. */
export const Expected = z.strictObject({
  /** From when it is sent until its end: the median of the newest successful runs of this operation. */
  seconds: z.number().int().optional(),
  /** The number of those runs. */
  ofRuns: z.number().int(),
  givesUpAfterMinutes: z.number().int(),
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
  const middle = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]]
  const [low = 0, high = 0] = middle
  const median = sorted.length > 0 ? { seconds: Math.round((low + high) / 2) } : {}
  const allowedMinutes = allowedMs(operation, run.params) / 60_000
  const deadlineAt = baseline === undefined ? undefined : extendedDeadline({ ...run, baseline }, operation, nowMs)
  const minutes = deadlineAt ? Math.round((Date.parse(deadlineAt) - nowMs) / 60_000) : allowedMinutes
  return { ...median, ofRuns: sorted.length, givesUpAfterMinutes: minutes }
}
