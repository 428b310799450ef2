import * as z from 'zod'
import { MAX_OUTCOMES } from '../runs/guards/note-outcome.ts'
import { Duration } from './limits.ts'

/** When a rule for alarms stops by itself: it does not help, or its runs fail. */

const Off = z.literal('off')

const Time = Duration.refine((ms) => ms > 0, 'must be longer than nothing')

/** A record keeps 200 verdicts. */
const MAX_AFTER = 50

const Disarm = z
  .strictObject({
    after: z.int().min(1).max(MAX_AFTER).describe('So many runs that did not help'),
    within: Time,
    rearmAfter: Time.optional(),
  })
  .transform(({ after, within: withinMs, rearmAfter }) => ({
    ...{ after, withinMs },
    ...(rearmAfter === undefined ? {} : { rearmAfterMs: rearmAfter }),
  }))

const Breaker = z
  .strictObject({
    failed: z.int().min(1).describe('So many failures'),
    of: z.int().min(1).max(MAX_OUTCOMES).describe('Among so many runs'),
    rest: Time,
  })
  .refine(({ failed, of }) => failed <= of, { path: ['failed'], error: 'must be `of` at most' })
  .transform(({ failed, of, rest: restMs }) => ({ failed, of, restMs }))

/** The fields of a rule for alarms, and of `defaults`. */
export const Stopping = {
  disarm: z
    .union([Off, Disarm], 'must be off, or such as { after: 3, within: 24h, rearmAfter: 12h }')
    .optional()
    .describe('off, or when a rule that does not help stops, e.g. { after: 3, within: 24h }'),
  breaker: z
    .union([Off, Breaker], 'must be off, or such as { failed: 3, of: 5, rest: 30m }')
    .optional()
    .describe('off, or when a rule whose runs fail rests, e.g. { failed: 3, of: 5, rest: 30m }'),
}
