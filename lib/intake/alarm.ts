/** Of the source's own levels, the nearest. */
export type Severity = 'critical' | 'major' | 'minor' | 'info'

/** What every alarm source is turned into: one change of one alarm, about one thing. */
export interface Alarm {
  /** The source's name, e.g. `cloudwatch`. */
  source: string
  /** What identifies the alarm's rule at its source, e.g. the alarm's ARN. */
  identity: string
  /** The alarm's name, as people gave it. */
  name: string
  /** `''` where the source does not say. */
  account: string
  /** `''` where the source does not say. */
  region: string
  status: 'firing' | 'resolved'
  severity?: Severity | undefined
  /** What it is about, in the source's words, where it names one thing. */
  resource?: string | undefined
  /** When the state changed, as the source says (ISO 8601). */
  occurredAt: string
  /** The same transition gives the same key, however often and by whichever channel it is delivered. */
  dedupeKey: string
  /** Why, in the source's words; bounded. */
  reason: string
  dimensions: Record<string, string>
  tags: Record<string, string>
  /** Operations that raise this very alarm by themselves: of ours it must not start another. */
  echoOf?: readonly string[] | undefined
}
