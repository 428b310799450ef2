/** What every ticket source is turned into: one event of one ticket. What it asks for, the rules say. */
export interface Ticket {
  /** The source's name, e.g. `jira`. */
  source: string
  /** What happened, e.g. `transition`. */
  event: string
  /** The ticket as people know it, e.g. `OPS-1234`. */
  key: string
  /** Who did it, as the source identifies people; `''` where it does not say. */
  by: string
  /** For people only: no target is ever read from it. Bounded. */
  reason: string
  /** When it happened, as the source says (ISO 8601). */
  occurredAt: string
  /** The time as it was sent, where it cannot be read: `occurredAt` is older than any rule takes, then. */
  unreadTime?: string | undefined
  /** The same event gives the same key, however often it is delivered. Of signed content only. */
  dedupeKey: string
  /** What rules may point at, by dotted path. */
  fields: unknown
}

/** Why a ticket is ignored in which we have just written. */
export const OWN_ACTION = 'our own doing'

/** Marks whatever we write into tickets, so that it is known again when the source tells us of it. */
const OWN_MARK = /\bsteadyhand run_[0-9a-f]{32}\b/

/** Whether a comment, a note or the like is one that we wrote. Whoever puts the mark anywhere else silences nothing. */
export function isOwnText(text: unknown): boolean {
  return typeof text === 'string' && OWN_MARK.test(text)
}
