import { durationText } from '../lease/limits.ts'
import { plusMs } from '../schedule.ts'
import type { Announcement } from './announcement.ts'
import { type Recorded, type RuleFields, type RunOutcome, wordsOf } from './rule-record.ts'
import type { Breaker } from './settings.ts'
import type { Verdict } from './verdict.ts'

/** A rule or an operation whose runs fail sends no more of them for a while; then one run is tried. All of it is pure. */

export interface BreakerState {
  is: 'closed' | 'open' | 'half-open'
  /** Among the newest runs, oldest first. */
  failed: RunOutcome[]
  /** How long it is open at least (ISO 8601). */
  until?: string
}

export function breakerState(
  record: Pick<RuleFields, 'outcomes' | 'resetAt' | 'openedAt'>,
  { failed: most, of, restMs }: Breaker,
  nowMs: number,
): BreakerState {
  const failed = countedOutcomes(record)
    .slice(-of)
    .filter(({ isFailed }) => isFailed)
  const newest = failed.at(-1)?.at ?? record.openedAt
  const isTripped = record.openedAt !== undefined || failed.length >= most
  if (!isTripped || newest === undefined) return { is: 'closed', failed }
  const until = plusMs(newest, restMs)
  return Date.parse(until) > nowMs ? { is: 'open', failed, until } : { is: 'half-open', failed }
}

/** The outcomes since it was closed. */
export function countedOutcomes({ outcomes, resetAt = '' }: Pick<RuleFields, 'outcomes' | 'resetAt'>): RunOutcome[] {
  return outcomes.filter(({ at }) => at > resetAt)
}

/** @returns undefined where it is closed. `allow` means that this run is the one that is tried. */
export function breakerVerdict(
  { of, record, runId }: { of: Recorded; record: RuleFields; runId: string },
  breaker: Breaker,
  nowMs: number,
): Verdict | undefined {
  const state = breakerState(record, breaker, nowMs)
  if (state.is === 'closed') return undefined
  const { trial } = record
  const figures = figuresOf(of, state, breaker)
  if (trial?.runId === runId || (state.is === 'half-open' && !trial)) {
    return { guard: 'breaker', says: 'allow', reason: `${figures}; this run is the one that is tried` }
  }
  const next = state.until ? `one is tried after ${state.until}` : `run ${trial?.runId} is tried first`
  return { guard: 'breaker', says: 'refuse', reason: `${figures}; ${next}` }
}

/** What people are told when it opens. */
export function openedAnnouncement(
  { of, state }: { of: Recorded; state: BreakerState },
  breaker: Breaker,
  at: string,
): Announcement {
  const reason = `${figuresOf(of, state, breaker)}: alarms start none for ${durationText(breaker.restMs)}, then one is tried`
  const runIds = state.failed.map(({ runId }) => runId)
  return { type: 'breaker.opened', key: `${of}/breaker.opened/${runIds.at(-1)}`, of, reason, at, runIds }
}

/** @param cause what closed it: the run that was tried, or the instant at which a person did */
export function closedAnnouncement(
  of: Recorded,
  { cause, ...more }: { cause: string } & Pick<Announcement, 'reason' | 'at' | 'by' | 'runIds'>,
): Announcement {
  return { type: 'breaker.closed', key: `${of}/breaker.closed/${cause}`, of, ...more }
}

/** The fields of a breaker that has just been closed. */
export function closedAt(at: string): Partial<RuleFields> {
  return { resetAt: at, openedAt: undefined, checkAt: undefined, trial: undefined }
}

const MAX_NAMED = 3

function figuresOf(of: Recorded, { failed }: BreakerState, breaker: Breaker): string {
  const ids = failed.map(({ runId }) => runId)
  const more = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : ''
  const named = ids.length > 0 ? ` (${ids.slice(-MAX_NAMED).join(', ')}${more})` : ''
  return `${failed.length} of the last ${breaker.of} runs of ${wordsOf(of)} failed${named}`
}
