import * as z from 'zod'
import { record } from '../record.ts'

/** What is counted of the runs that rules limit, and what was said of it: parts of the records of runs and leases. */

/** At most so many in a window that slides: on one resource, whoever starts them; or by one rule, wherever. */
const Limit = record({ count: z.number().int(), windowMs: z.number().int(), per: z.enum(['resource', 'rule']) })
export type Limit = z.infer<typeof Limit>

/** What a rule allows itself, as it stood when the run was asked for. */
export const Limits = record({
  rule: z.string(),
  /** So long after the end of such a run its resource is left alone. */
  cooldownMs: z.number().int(),
  atMost: z.array(Limit),
  /** Of an alarm: when its trouble began, and so long after a success that is answered by it. */
  began: z.object({ at: z.string(), settleMs: z.number().int() }).optional(),
})
export type Limits = z.infer<typeof Limits>

/** Of windows, and of cooldowns: so long attempts are remembered. */
export const MAX_WINDOW_MS = 7 * 24 * 3600 * 1000

/** Of attempts in a window: so many are remembered. */
export const MAX_COUNT = 50

/** A run under limits that took its resource. */
export const Attempt = record({ id: z.string(), rule: z.string(), at: z.string() })
export type Attempt = z.infer<typeof Attempt>

/** A limit that is used up, as people were told of it: once, however many alarms it turns away. */
export const Notice = record({
  key: z.string(),
  reason: z.string(),
  opensAt: z.string(),
  claimedAt: z.string(),
  toldAt: z.string().optional(),
})
export type Notice = z.infer<typeof Notice>

/** Somebody opened the limits: the runs that had used them do not count any more. */
export const Clearance = record({ at: z.string(), by: z.string(), reason: z.string(), runs: z.array(z.string()) })
export type Clearance = z.infer<typeof Clearance>

/** Why a run must not start now. */
export interface UsedUp {
  /** The same for as long as the same runs have used it up. */
  key: string
  /** E.g. `2 per 1h per resource`. */
  limit: string
  /** Ids of the runs that used it up. */
  by: string[]
  /** When it opens again (ISO 8601). */
  opensAt: string
  /** What was asked for: a resource, or `rule/<name>`. */
  of: string
}
