import type { Run } from './run.ts'
import { HEARTBEAT_SLACK_MS, overdueAfterMs } from './schedule.ts'
import { isFinal, mayBecome, rulesOf, type State } from './states.ts'
import { extendTimeline } from './timeline.ts'

/** The fields of a run that may change, beside its state. */
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
    | 'heldBackUntil'
    | 'wasHeldBack'
    | 'verdicts'
    | 'sendByAt'
    | 'deadlineAt'
    | 'requestId'
    | 'acceptedAt'
    | 'job'
    | 'progress'
    | 'changedAfter'
    | 'sizeClass'
    | 'slowAt'
    | 'sawWork'
    | 'proofs'
    | 'lateLooks'
    | 'rearms'
    | 'outcome'
    | 'cancelledBy'
    | 'nextAt'
    | 'notifiedAt'
    | 'deadLetters'
  >
>

/**
 * The run after one change, ready for a conditional write: its version is raised, its timeline extended, and the sweeper's date
 * follows `nextAt`. That date is removed once the run has ended and its outcome was published. Only the sweeper keeps the count
 * of its re-arms.
 * @throws {Error} on a change of state that the table of states does not have, which is a bug
 */
export function changed(
  run: Run,
  { state = run.state, ...changes }: Changeable & { state?: State },
  nowMs: number,
): Run {
  const stays = state === run.state && !changes.outcome
  if (!stays && !mayBecome(run.state, state)) {
    throw new Error(`run ${run.id}: ${run.state} cannot become ${state}`)
  }
  const { due, dueAt, rearms, ...rest } = run
  const updatedAt = new Date(nowMs).toISOString()
  const end = isFinal(state) && !run.endedAt ? { endedAt: updatedAt } : {}
  const isDone = state === 'verifying' && !run.verifyingAt
  const done = isDone ? { verifyingAt: updatedAt } : {}
  // The outcome names the proofs, and what ended does not change.
  const settled = isFinal(state) ? { proofs: undefined, changedAfter: undefined, sendByAt: undefined } : {}
  const after: Run = { ...rest, ...changes, ...done, ...end, ...settled, state, version: run.version + 1, updatedAt }
  // A run that has ended shows nothing new; one of an earlier release, which has no timeline, gets none.
  const next = isFinal(run.state) ? after : { ...after, timeline: extendTimeline(after, updatedAt) }
  if (isFinal(state) && next.notifiedAt) return next
  return { ...next, due: 'due', dueAt: dueAtOf(next, { before: dueAt, nowMs }) }
}

/**
 * When the sweeper checks the run: when its next step is overdue, and when its deadline has passed, however often it was
 * re-armed; once it has ended, when its notification is. Each new date costs two writes of an index. While all goes as planned,
 * the date is therefore a heartbeat: it is set ahead by some slack, and stays until it would fall behind.
 */
function dueAtOf(run: Run, { before, nowMs }: { before: string | undefined; nowMs: number }): string {
  const { state, nextAt, rearms = 0 } = run
  const isOver = isFinal(state)
  const plannedMs = isOver ? nowMs : Math.max(nowMs, Date.parse(nextAt))
  const deadlineMs = isOver
    ? Number.POSITIVE_INFINITY
    : Math.max(plannedMs, Date.parse(rulesOf(state).onDeadline.at(run)))
  const latestMs = deadlineMs + overdueAfterMs(0)
  const overdueMs = Math.min(plannedMs + overdueAfterMs(rearms), latestMs)
  const slackMs = rearms > 0 ? 0 : HEARTBEAT_SLACK_MS[isOver ? 'polls' : rulesOf(state).queue]
  const isAhead = before !== undefined && overdueMs <= Date.parse(before) && Date.parse(before) <= overdueMs + slackMs
  if (isAhead) return before
  // The date of a run that has ended is its last.
  return new Date(isOver ? overdueMs : Math.min(overdueMs + slackMs, latestMs)).toISOString()
}
