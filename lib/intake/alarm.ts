/** What every alarm source is turned into. */
export interface Alarm {
  /** The channel's name, e.g. `cloudwatch`. */
  source: string
  /** What identifies the alarm's rule at its source, e.g. the alarm's ARN. */
  identity: string
  /** The alarm's name, as people gave it. */
  name: string
  account: string
  region: string
  /** When the state changed, as the source says (ISO 8601). */
  occurredAt: string
  /** The same transition gives the same key, however often it is delivered. */
  dedupeKey: string
  /** Why, in the source's words; bounded. */
  reason: string
  dimensions: Record<string, string>
  tags: Record<string, string>
}

/** An alarm to act on, or why there is none. */
export type AlarmReading = { alarm: Alarm } | { ignored: string }
