import {
  cameToNothing,
  leaderLateOutcome,
  notSent,
  sharedEnd,
  timedOutOutcome,
  tooLate,
  unknownOutcome,
} from './outcomes.ts'
import type { RecordPorts } from './ports.ts'
import type { Outcome, Run } from './run.ts'
import { type FinalState, type LiveState, rulesOf } from './states.ts'

/**
 * How a run ends that nothing brought to its end by its deadline. Undefined where it goes on all the same: the run that it
 * joined came to nothing, and it stands by itself.
 */
export async function lateEnd(
  ports: RecordPorts,
  run: Run,
  state: LiveState,
): Promise<{ state: FinalState; outcome: Outcome } | undefined> {
  const late = { state: rulesOf(state).onDeadline.as, outcome: LATE[state](run) }
  // The record of the other is looked at here: messages may wait behind all others.
  const leader = state === 'attached' ? await ports.store.get(run.attachedTo ?? '') : undefined
  if (!leader) return late
  return cameToNothing(leader) ? undefined : (sharedEnd(leader) ?? late)
}

const LATE: Record<LiveState, (run: Run) => Outcome> = {
  queued: (run) => notSent(run, tooLate(run)),
  attached: leaderLateOutcome,
  submitting: unknownOutcome,
  tracking: (run) => timedOutOutcome(run, run.progress),
  verifying: (run) => timedOutOutcome(run, run.progress),
}
