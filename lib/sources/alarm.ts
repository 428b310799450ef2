import * as z from 'zod'

/** Of the source's own levels, the nearest. */
export const Severity = z.enum(['critical', 'major', 'minor', 'info'])
export type Severity = z.infer<typeof Severity>

/** What every alarm source is turned into: one change of one alarm, about one thing. A schema, for it may go through a queue. */
export const Alarm = z.object({
  /** The source's name, e.g. `cloudwatch`. */
  source: z.string(),
  /** What identifies the alarm's rule at its source, e.g. the alarm's ARN. */
  identity: z.string(),
  /** The alarm's name, as people gave it. */
  name: z.string(),
  /** `''` where the source does not say. */
  account: z.string(),
  /** `''` where the source does not say. */
  region: z.string(),
  status: z.enum(['firing', 'resolved']),
  severity: Severity.optional(),
  /** The source's word for it, where that is none we know; bounded. */
  unknownSeverity: z.string().optional(),
  /** What it is about, in the source's words, where it names one thing. */
  resource: z.string().optional(),
  /** When the state changed, as the source says (ISO 8601). */
  occurredAt: z.string(),
  /** The time as it was sent, where it cannot be read: `occurredAt` is older than any rule takes, then. */
  unreadTime: z.string().optional(),
  /** The same transition gives the same key, however often and by whichever channel it is delivered. */
  dedupeKey: z.string(),
  /** Why, in the source's words; bounded. */
  reason: z.string(),
  dimensions: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  /** Operations that raise this very alarm by themselves: of ours it must not start another. */
  duringOwnRun: z.array(z.string()).readonly().optional(),
})
export type Alarm = z.infer<typeof Alarm>
