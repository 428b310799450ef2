/** One event of one ticket, as every ticket source returns it. The rules decide which run it requests. */
export interface Ticket {
  /** The source's name, e.g. `jira`. */
  source: string
  /** Kind of event, e.g. `transition`. */
  event: string
  /** The ticket as people know it, e.g. `OPS-1234`. */
  key: string
  /** The person who caused it, by the source's id; `''` if unknown. */
  by: string
  /** For people only: no target is ever read from it. Bounded. */
  reason: string
  /** Time of the event at the source (ISO 8601). */
  occurredAt: string
  /** The time as sent, if it cannot be read; `occurredAt` is then older than any rule accepts. */
  unreadTime?: string | undefined
  /** Equal for every delivery of the same event. Built from signed content only. */
  dedupeKey: string
  /** Fields that rules may read, by dotted path. */
  fields: unknown
}

/** The reason to ignore an event that Steadyhand caused by writing into a ticket. */
export const OWN_ACTION = 'Steadyhand caused this event itself'

/** The mark in every text that Steadyhand writes into tickets. */
const OWN_MARK = /\bsteadyhand run_[0-9a-f]{32}\b/

/** Whether Steadyhand wrote a comment or note. The mark in any other field silences nothing. */
export function isOwnText(text: unknown): boolean {
  return typeof text === 'string' && OWN_MARK.test(text)
}
