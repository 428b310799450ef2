import type { Run } from './run.ts'
import { OVERDUE_AFTER_MS, plusMs } from './schedule.ts'
import { isFinal, mayBecome, type State } from './states.ts'

type Changeable = Partial<
  Pick<
    Run,
    | 'attachedTo'
    | 'step'
    | 'busyAnswers'
    | 'baseline'
    | 'preparedAt'
    | 'sentAt'
    | 'doubt'
    | 'resent'
    | 'deadlineAt'
    | 'requestId'
    | 'acceptedAt'
    | 'job'
    | 'progress'
    | 'outcome'
    | 'nextAt'
    | 'notifiedAt'
    | 'buried'
  >
>

/**
 * The run after one change, ready for a conditional write: the version is raised, and the sweeper's date follows
 * `nextAt`; it is gone once the run has ended and its outcome has been sent.
 * @throws {Error} on a change of state that the table does not have: a fault of ours
 */
export function changed(run: Run, state: State, changes: Changeable, nowMs: number): Run {
  const stays = state === run.state && !changes.outcome
  if (!stays && !mayBecome(run.state, state)) {
    throw new Error(`run ${run.id}: ${run.state} cannot become ${state}`)
  }
  const { due, dueAt, ...rest } = run
  const next: Run = { ...rest, ...changes, state, version: run.version + 1, updatedAt: new Date(nowMs).toISOString() }
  if (isFinal(state) && next.notifiedAt) return next
  return { ...next, due: 'due', dueAt: dueAtOf(next, nowMs) }
}

function dueAtOf(run: Run, nowMs: number): string {
  return plusMs(isFinal(run.state) ? nowMs : run.nextAt, OVERDUE_AFTER_MS)
}
