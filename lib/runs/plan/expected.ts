import * as z from 'zod/mini'
import type { RunOperation } from '../cloud-for.ts'
import { type Durations, quantileOf } from '../durations/durations.ts'
import { durationsOf } from '../durations/learned.ts'
import type { Ports } from '../ports.ts'
import { allowedMs, extendedDeadline } from '../schedule.ts'
import { sizeClassOf } from '../size-class.ts'

/** How long a run is expected to take. */
export const Expected = z.object({
  seconds: z
    .optional(z.int())
    .check(
      z.describe('From when the cloud accepts it until its end: the median of earlier runs; newer ones weigh more'),
    ),
  interval: z
    .optional(
      z.object({
        from: z.int().check(z.describe('One in ten of these runs was faster, in seconds')),
        until: z.int().check(z.describe('One in ten of these runs was slower, in seconds')),
      }),
    )
    .check(z.describe('How sure `seconds` is')),
  ofRuns: z
    .int()
    .check(z.describe('The number of those runs: of this operation, of about this size, and their end was seen')),
  givesUpAfterMinutes: z.int().check(z.describe('When the run would end as `timed-out` at the latest')),
})
export type Expected = z.infer<typeof Expected>

/** @param baseline undefined if it could not be read */
export async function expectedOf(
  ports: Pick<Ports, 'store' | 'clock' | 'log'>,
  { run, operation }: RunOperation,
  baseline: unknown,
): Promise<Expected> {
  const nowMs = ports.clock()
  const allowedMinutes = allowedMs(operation, run.params) / 60_000
  if (baseline === undefined) {
    return { ...(await lengthOf(ports, run)), givesUpAfterMinutes: allowedMinutes }
  }
  const deadlineAt = extendedDeadline({ ...run, baseline }, operation, nowMs)
  const length = await lengthOf(ports, { ...run, ...sizeClassOf(operation, { ...run, baseline }) })
  return { ...length, givesUpAfterMinutes: Math.round((Date.parse(deadlineAt) - nowMs) / 60_000) }
}

type Length = Pick<Expected, 'seconds' | 'interval' | 'ofRuns'>

async function lengthOf(...of: Parameters<typeof durationsOf>): Promise<Length> {
  const durations = await durationsOf(...of)
  const [from, seconds, until] = durations ? spanOf(durations) : []
  if (durations === undefined || from === undefined || seconds === undefined || until === undefined)
    return { ofRuns: 0 }
  return { seconds, interval: { from, until }, ofRuns: durations.runs }
}

/** The seconds within which one, five and nine of ten runs ended. */
export function spanOf(durations: Durations): (number | undefined)[] {
  return [0.1, 0.5, 0.9].map((share) => {
    const seconds = quantileOf(durations, share)
    return seconds === undefined ? undefined : Math.round(seconds)
  })
}
