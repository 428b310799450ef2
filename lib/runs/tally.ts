import * as z from 'zod/mini'
import { record } from './record.ts'

/** Parts of the records of runs and leases: the counts of runs under limits, and the notices of used up limits. */

/** At most `count` runs in a sliding window: on one resource, whoever starts them; or by one rule, anywhere. */
const Limit = record({ count: z.int(), windowMs: z.int(), per: z.enum(['resource', 'rule']) })
export type Limit = z.infer<typeof Limit>

/** The limits of a rule, as they were when the run was requested. */
export const Limits = record({
  rule: z.string(),
  /** The time after the end of such a run in which its resource is left alone. */
  cooldownMs: z.int(),
  atMost: z.array(Limit),
  /** When the trouble of an alarm began; a success answers trouble that began up to `settleMs` after its end. */
  began: z.optional(z.object({ at: z.string(), settleMs: z.int() })),
})
export type Limits = z.infer<typeof Limits>

/** How many runs one caller may ask for by one entry of the policy, as it was when the run was requested. */
export const Budget = record({
  /** The name of the entry. */
  rule: z.string(),
  /** What counts the runs: `caller/<entry>/<hash of the caller>`. */
  of: z.string(),
  /** For people: the entry, and where it stands. */
  entry: z.string(),
  atMost: z.array(record({ count: z.int(), windowMs: z.int() })),
})
export type Budget = z.infer<typeof Budget>

/** The longest window or cooldown: attempts are remembered for so long. */
export const MAX_WINDOW_MS = 7 * 24 * 3600 * 1000

/** The highest count in a window: at least so many attempts are remembered. */
export const MAX_COUNT = 50

/** A run under limits that took its resource. */
export const Attempt = record({ id: z.string(), rule: z.string(), at: z.string() })
export type Attempt = z.infer<typeof Attempt>

/** People are notified of a used up limit once, however many alarms it turns away. */
export const Notice = record({
  key: z.string(),
  reason: z.string(),
  opensAt: z.string(),
  claimedAt: z.string(),
  toldAt: z.optional(z.string()),
})
export type Notice = z.infer<typeof Notice>

/** A person opened the limits: the runs that had used them no longer count. */
export const Clearance = record({ at: z.string(), by: z.string(), reason: z.string(), runs: z.array(z.string()) })
export type Clearance = z.infer<typeof Clearance>

/** Why a run must not start now. */
export interface UsedUp {
  /** The same as long as the same runs have used it up. */
  key: string
  /** E.g. `2 per 1h per resource`. */
  limit: string
  /** Ids of the runs that used it up. */
  by: string[]
  /** When it opens again (ISO 8601). */
  opensAt: string
  /** A resource, `rule/<name>` or `caller/<entry>/<hash>`. */
  of: string
}
