import { CATALOGUE } from '../cloud/catalogue.ts'
import { getInLine, type Held, mayStillArrive } from './lease.ts'
import { cameToNothing, leaderGoneOutcome, notSent, refusal, sharedEnd } from './outcomes.ts'
import { hasAnswered, hasAnsweredAlarm } from './past.ts'
import type { RecordPorts } from './ports.ts'
import type { Run } from './run.ts'
import { givenMs, plusMs, pollDelaySeconds } from './schedule.ts'
import { isFinal } from './states.ts'
import { advance, end } from './transition.ts'
import { isSameRequest } from './wish.ts'

/** What becomes of a run whose resource another run has. */

/** How often a run that waits looks whether its turn has come. */
const LOOK_MS = 15_000

/** Who joined another looks at its record: often at first, then less. */
const FOLLOW = { firstWaitSeconds: 5, everySeconds: 10 }
const UNSPREAD = 0.5

/**
 * The same wish joins the live run that has the resource, and shares its outcome; any other waits in line, or ends as
 * `refused` and says who has it, as its source wants it.
 */
export async function collide(ports: RecordPorts, run: Run, held: Held): Promise<void> {
  const same = await sameWish(ports, run, held)
  if (same) return attach(ports, run, same)
  if (hasAnsweredAlarm(held.by, run.limits?.began)) return refuse(ports, run, held)
  if (run.collision !== 'queue' && !mayStillArrive(held.by, ports.clock())) return refuse(ports, run, held)
  if (await getInLine(ports, run)) return wait(ports, run, held)
  await refuse(ports, run, held)
}

/**
 * The live run of the same wish: the one that has the resource, or one that waits for it. Of those that wait only one
 * further ahead, or two would join each other.
 */
export async function sameWish(ports: RecordPorts, run: Run, { by, lease }: Held): Promise<Run | undefined> {
  if (hasAnswered(by, run) || (isToCome(by, run) && isSameRequest(by, run))) return by
  const own = lease.waiting.indexOf(run.id)
  const ahead = own < 0 ? lease.waiting : lease.waiting.slice(0, own)
  const waiting = await Promise.all(ahead.map((other) => ports.store.get(other)))
  return waiting.find((other) => other?.state === 'queued' && isSameRequest(other, run))
}

/** Whether the work of a run is still to come for another: not where its change was seen done before that was asked for. */
function isToCome({ state, verifyingAt }: Run, { createdAt }: Run): boolean {
  return !isFinal(state) && (verifyingAt === undefined || createdAt < verifyingAt)
}

async function attach(ports: RecordPorts, run: Run, leader: Run): Promise<void> {
  const afterMs = pollDelaySeconds(FOLLOW, 0, UNSPREAD) * 1000
  const joined = { attachedTo: leader.id, deadlineAt: endOf(run, leader) }
  const attached = await advance(ports, run, { afterMs, state: 'attached', ...joined })
  if (attached) ports.log('info', 'run joined another', { runId: run.id, attachedTo: leader.id })
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

/** @param why the resource cannot be had now */
export async function wait(ports: RecordPorts, run: Run, { holder }: Held): Promise<void> {
  const said = `waits for run ${holder.runId} (${holder.operation})`
  await advance(ports, run, { afterMs: LOOK_MS, progress: { ...run.progress, said } })
}

async function refuse(ports: RecordPorts, run: Run, held: Held): Promise<void> {
  await end(ports, run, 'refused', { ...notSent(run, refusal(run, held, ports.clock())), holder: held.holder })
}
