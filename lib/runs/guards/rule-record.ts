import * as z from 'zod/mini'
import { record } from '../record.ts'
import { type GuardKind, GuardRecord } from './guard-record.ts'

/** What is remembered of a rule, or of an operation: how the newest runs of alarms ended, and whether they helped. */

/** How a run of an alarm that was sent has ended. */
const RunOutcome = record({ runId: z.string(), isFailed: z.boolean(), at: z.string() })
export type RunOutcome = z.infer<typeof RunOutcome>

export const HELP = ['helped', 'did-not-help', 'cannot-tell'] as const
export type Help = (typeof HELP)[number]

/** Whether an episode of a rule was mended, by the signal that asked for it. */
const EpisodeVerdict = record({ episodeId: z.string(), verdict: z.enum(HELP), at: z.string() })
export type EpisodeVerdict = z.infer<typeof EpisodeVerdict>

export const RuleRecord = record({
  ...GuardRecord.shape,
  /** Oldest first. */
  outcomes: z.array(RunOutcome),
  /** Outcomes until then count no more. */
  resetAt: z.optional(z.string()),
  /** Since when the breaker is open, once people are told. */
  openedAt: z.optional(z.string()),
  /** When the sweeper checks whether the breaker has opened. */
  checkAt: z.optional(z.string()),
  /** The one run that is tried while the breaker is half-open. */
  trial: z.optional(record({ runId: z.string(), at: z.string() })),
  /** Oldest first; an operation has none. */
  verdicts: z.array(EpisodeVerdict),
  disarmedAt: z.optional(z.string()),
  disarmReason: z.optional(z.string()),
  /** When it is armed again, if nobody arms it before. */
  rearmAt: z.optional(z.string()),
  /** Verdicts until then disarm it no more. */
  armedAt: z.optional(z.string()),
})
export type RuleRecord = z.infer<typeof RuleRecord>

/** Its own fields, as a change writes them. A field that must go is written as undefined. */
export type RuleFields = Omit<RuleRecord, keyof GuardRecord>

const KIND: GuardKind<RuleRecord> = {
  schema: RuleRecord,
  initial: { outcomes: [], verdicts: [] },
  dueAt: ({ checkAt, rearmAt }) => [checkAt, rearmAt].filter((at) => at !== undefined).sort()[0],
}

/** `rule/<name>` or `operation/<name>`. */
export type Recorded = `rule/${string}` | `operation/${string}`

export const RECORD_PREFIXES = ['guard:rule/', 'guard:operation/'] as const

export function recordOf(of: Recorded): { id: string; kind: GuardKind<RuleRecord>; of: Recorded } {
  return { id: `guard:${of}`, kind: KIND, of }
}

/** The record of a document's id. */
export function recordWithId(id: string): ReturnType<typeof recordOf> {
  return recordOf(id.slice('guard:'.length) as Recorded) // made by recordOf
}

/** In words: `rule restart`. */
export function wordsOf(of: Recorded): string {
  return of.replace('/', ' ')
}
