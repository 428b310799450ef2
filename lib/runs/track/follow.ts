import { CATALOGUE } from '../../services/catalogue.ts'
import { endedUnsent, leaderGoneOutcome, sharedEnd } from '../outcomes.ts'
import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { allowedMs, plusMs, pollDelaySeconds } from '../schedule.ts'
import { advance, end } from '../transition.ts'

/** A run that joined another reads the record of that one instead of the cloud: often at first, then less. */
const FOLLOW = { firstWaitSeconds: 5, everySeconds: 10 }
const UNSPREAD = 0.5

/** Joins a live run. @returns undefined where another worker was faster */
export function join(ports: RecordPorts, run: Run, leader: Run): Promise<Run | undefined> {
  const afterMs = pollDelaySeconds(FOLLOW, 0, UNSPREAD) * 1000
  const joined = { attachedTo: leader.id, deadlineAt: deadlineWith(run, leader) }
  return advance(ports, run, { afterMs, state: 'attached', ...joined })
}

/** The other run has ended, in whatever way, this long after its deadline. */
const AFTER_MS = 30 * 60_000

function deadlineWith(run: Run, leader: Run): string {
  const end = plusMs(leader.deadlineAt, AFTER_MS)
  return run.deadlineAt > end ? run.deadlineAt : end
}

/** Makes one step of an attached run: reads the run that it joined. */
export async function follow(ports: RecordPorts, run: Run): Promise<void> {
  const leader = await ports.store.get(run.attachedTo ?? '')
  if (!leader) {
    return void (await end(ports, run, { state: 'unknown', outcome: leaderGoneOutcome(run) }))
  }
  const now = ports.clock()
  if (endedUnsent(leader)) return detach(ports, run)
  const shared = sharedEnd(leader)
  if (shared) return void (await end(ports, run, shared))
  const delay = pollDelaySeconds(FOLLOW, Math.max(1, now - Date.parse(run.createdAt)), UNSPREAD)
  await advance(ports, run, { afterMs: delay * 1000, step: run.step + 1, deadlineAt: deadlineWith(run, leader) })
}

async function detach(ports: RecordPorts, run: Run): Promise<void> {
  // As if it were requested now: its time no longer depends on the other run.
  const operation = CATALOGUE.get(run.operation)
  const deadlineAt = operation ? plusMs(ports.clock(), allowedMs(operation, run.params)) : run.deadlineAt
  await advance(ports, run, { afterMs: 0, state: 'queued', attachedTo: undefined, deadlineAt })
}
