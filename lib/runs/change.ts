import type { Run } from './run.ts'
import { overdueAfterMs, plusMs } from './schedule.ts'
import { isFinal, mayBecome, rulesOf, type State } from './states.ts'
import { noted } from './timeline.ts'

/** What of a run may change. */
export type Changeable = Partial<
  Pick<
    Run,
    | 'attachedTo'
    | 'step'
    | 'busyAnswers'
    | 'stateRefusals'
    | 'baseline'
    | 'preparedAt'
    | 'preparation'
    | 'insists'
    | 'sentAt'
    | 'doubt'
    | 'sendByAt'
    | 'deadlineAt'
    | 'requestId'
    | 'acceptedAt'
    | 'job'
    | 'progress'
    | 'sawWork'
    | 'proofs'
    | 'lateLooks'
    | 'rearms'
    | 'outcome'
    | 'nextAt'
    | 'notifiedAt'
    | 'deadLetters'
  >
>

/**
 * The run after one change, ready for a conditional write: the version is raised, what is new is on its timeline, and the
 * sweeper's date follows `nextAt`; it is gone once the run has ended and its outcome has been sent. Only the sweeper counts
 * its re-arms on.
 * @throws {Error} on a change of state that the table does not have: a fault of ours
 */
export function changed(run: Run, state: State, changes: Changeable, nowMs: number): Run {
  const stays = state === run.state && !changes.outcome
  if (!stays && !mayBecome(run.state, state)) {
    throw new Error(`run ${run.id}: ${run.state} cannot become ${state}`)
  }
  const { due, dueAt, rearms, ...rest } = run
  const updatedAt = new Date(nowMs).toISOString()
  const end = isFinal(state) && !run.endedAt ? { endedAt: updatedAt } : {}
  const isDone = state === 'verifying' && !run.verifyingAt
  const done = isDone ? { verifyingAt: updatedAt } : {}
  const after: Run = { ...rest, ...changes, ...done, ...end, state, version: run.version + 1, updatedAt }
  // Once it has ended nothing is new: a run of an earlier release, which has no timeline, gets none then.
  const next = isFinal(run.state) ? after : { ...after, timeline: noted(after, updatedAt) }
  if (isFinal(state) && next.notifiedAt) return next
  return { ...next, due: 'due', dueAt: dueAtOf(next, nowMs) }
}

/** However often it was re-armed, the sweeper sees it when its time is over. */
function dueAtOf(run: Run, nowMs: number): string {
  const { state, nextAt, rearms = 0 } = run
  if (isFinal(state)) return plusMs(nowMs, overdueAfterMs(rearms))
  const plannedMs = Math.max(nowMs, Date.parse(nextAt))
  const lateMs = Math.max(plannedMs, Date.parse(rulesOf(state).onDeadline.at(run)))
  return new Date(Math.min(plannedMs + overdueAfterMs(rearms), lateMs + overdueAfterMs(0))).toISOString()
}
