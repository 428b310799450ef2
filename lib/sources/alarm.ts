import * as z from 'zod'

/** The nearest level to the source's own. */
export const Severity = z.enum(['critical', 'major', 'minor', 'info'])
export type Severity = z.infer<typeof Severity>

/** One change of one alarm, as every alarm source returns it. It is a schema because it may pass through a queue. */
export const Alarm = z.object({
  /** The source's name, e.g. `cloudwatch`. */
  source: z.string(),
  /** Identifies the alarm rule at its source, e.g. the alarm's ARN. */
  identity: z.string(),
  /** The name that people gave the alarm. */
  name: z.string(),
  /** `''` if the source gives none. */
  account: z.string(),
  /** `''` if the source gives none. */
  region: z.string(),
  status: z.enum(['firing', 'resolved']),
  severity: Severity.optional(),
  /** The source's word, bounded, if it is not a known one. */
  unknownSeverity: z.string().optional(),
  /** The one resource that the alarm is about, in the source's words, if it names one. */
  resource: z.string().optional(),
  /** Time of the change at the source (ISO 8601). */
  occurredAt: z.string(),
  /** The time as sent, if it cannot be read; `occurredAt` is then older than any rule accepts. */
  unreadTime: z.string().optional(),
  /** Equal for every delivery of the same change, on every channel. */
  dedupeKey: z.string(),
  /** The reason in the source's words; bounded. */
  reason: z.string(),
  dimensions: z.record(z.string(), z.string()),
  tags: z.record(z.string(), z.string()),
  /** Operations that raise this alarm themselves: during such a run of ours, it must not start another. */
  duringOwnRun: z.array(z.string()).readonly().optional(),
})
export type Alarm = z.infer<typeof Alarm>
