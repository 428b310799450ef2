import { CATALOGUE } from '../../services/catalogue.ts'
import { cameToNothing, leaderGoneOutcome, sharedEnd } from '../outcomes.ts'
import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { givenMs, plusMs, pollDelaySeconds } from '../schedule.ts'
import { advance, end } from '../transition.ts'

/** A run that joined another: it looks at the record of that one, instead of at the cloud. */

/** Who joined another looks at its record: often at first, then less. */
const FOLLOW = { firstWaitSeconds: 5, everySeconds: 10 }
const UNSPREAD = 0.5

/** Joins a live run. @returns undefined where somebody else was faster */
export function join(ports: RecordPorts, run: Run, leader: Run): Promise<Run | undefined> {
  const afterMs = pollDelaySeconds(FOLLOW, 0, UNSPREAD) * 1000
  const joined = { attachedTo: leader.id, deadlineAt: endOf(run, leader) }
  return advance(ports, run, { afterMs, state: 'attached', ...joined })
}

/** However the other run ends, it has ended by then, and been told. */
const AFTER_MS = 30 * 60_000

function endOf(run: Run, leader: Run): string {
  const end = plusMs(leader.deadlineAt, AFTER_MS)
  return run.deadlineAt > end ? run.deadlineAt : end
}

/** One step of an attached run: a look at the run that it joined, instead of one at the cloud. */
export async function follow(ports: RecordPorts, run: Run): Promise<void> {
  const leader = await ports.store.get(run.attachedTo ?? '')
  if (!leader) {
    return end(ports, run, 'unknown', leaderGoneOutcome(run))
  }
  const now = ports.clock()
  if (cameToNothing(leader)) return standAlone(ports, run)
  const shared = sharedEnd(leader)
  if (shared) return end(ports, run, shared.state, shared.outcome)
  const delay = pollDelaySeconds(FOLLOW, Math.max(1, now - Date.parse(run.createdAt)), UNSPREAD)
  await advance(ports, run, { afterMs: delay * 1000, step: run.step + 1, deadlineAt: endOf(run, leader) })
}

async function standAlone(ports: RecordPorts, run: Run): Promise<void> {
  // As if it were asked for now: its time is no longer that of the other run.
  const operation = CATALOGUE.get(run.operation)
  const deadlineAt = operation ? plusMs(ports.clock(), givenMs(operation, run.params)) : run.deadlineAt
  await advance(ports, run, { afterMs: 0, state: 'queued', attachedTo: undefined, deadlineAt })
}
