import {
  type Ending,
  endedUnsent,
  leaderLateOutcome,
  notSent,
  sharedEnd,
  timedOutOutcome,
  tooLateText,
  unknownOutcome,
} from './outcomes.ts'
import type { RecordPorts } from './ports.ts'
import type { Outcome, Run } from './run.ts'
import { type LiveState, rulesOf } from './states.ts'

/**
 * How a run ends whose deadline has passed. Undefined where it continues all the same: the run that it joined ended unsent, so
 * that it must be carried out by itself.
 */
export async function endOnDeadline(ports: RecordPorts, run: Run, state: LiveState): Promise<Ending | undefined> {
  const ending: Ending = { state: rulesOf(state).onDeadline.as, outcome: OUTCOMES[state](run) }
  // The record of the leader is read here, for the message that would have it read may wait behind all others.
  const leader = state === 'attached' ? await ports.store.get(run.attachedTo ?? '') : undefined
  if (!leader) return ending
  return endedUnsent(leader) ? undefined : (sharedEnd(leader) ?? ending)
}

const OUTCOMES: Record<LiveState, (run: Run) => Outcome> = {
  queued: (run) => notSent(run, tooLateText(run)),
  attached: leaderLateOutcome,
  submitting: unknownOutcome,
  tracking: (run) => timedOutOutcome(run, run.progress),
  verifying: (run) => timedOutOutcome(run, run.progress),
}
