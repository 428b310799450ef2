import { hasAnsweredAlarm } from '../answered-alarm.ts'
import { type Held, mayStillArrive } from '../held.ts'
import { joinLine } from '../lease/lease.ts'
import { hasAnswered } from '../lease/past.ts'
import { collisionText, notSent } from '../outcomes.ts'
import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { isSameRequest } from '../same-request.ts'
import { isFinal } from '../states.ts'
import { join } from '../track/follow.ts'
import { advance, end } from '../transition.ts'

/** The pace at which a waiting run checks whether the resource is free. */
const CHECK_EVERY_MS = 15_000

/**
 * Handles a run whose resource another run has. The same request joins the live run that has it, and shares its outcome; any
 * other waits in line, or ends as `refused` and names the holder, as its `collision` says.
 */
export async function collide(ports: RecordPorts, run: Run, held: Held): Promise<void> {
  const same = await findSameRequest(ports, run, held)
  if (same) return attach(ports, run, same)
  if (hasAnsweredAlarm(held.by, run.limits?.began)) return refuse(ports, run, held)
  if (run.collision !== 'queue' && !mayStillArrive(held.by, ports.clock())) return refuse(ports, run, held)
  if (await joinLine(ports, run)) return wait(ports, run, held)
  await refuse(ports, run, held)
}

/**
 * The live run of the same request: the one that has the resource, or one that waits for it further ahead. One behind does not
 * count, or two would join each other.
 */
export async function findSameRequest(ports: RecordPorts, run: Run, { by, lease }: Held): Promise<Run | undefined> {
  if (hasAnswered(by, run) || (isToCome(by, run) && isSameRequest(by, run))) return by
  const own = lease.waiting.indexOf(run.id)
  const ahead = own < 0 ? lease.waiting : lease.waiting.slice(0, own)
  const waiting = await Promise.all(ahead.map((other) => ports.store.get(other)))
  return waiting.find((other) => other?.state === 'queued' && isSameRequest(other, run))
}

/** Whether a run's work is still to come for a later request: not where its change was observed done before that was made. */
function isToCome({ state, verifyingAt }: Run, { createdAt }: Run): boolean {
  return !isFinal(state) && (verifyingAt === undefined || createdAt < verifyingAt)
}

async function attach(ports: RecordPorts, run: Run, leader: Run): Promise<void> {
  if (await join(ports, run, leader)) ports.log('info', 'run joined another', { runId: run.id, attachedTo: leader.id })
}

/** Lets the run wait until its next check of the lease. */
export async function wait(ports: RecordPorts, run: Run, { holder }: Held): Promise<void> {
  const lastObserved = `waits for run ${holder.runId} (${holder.operation})`
  await advance(ports, run, { afterMs: CHECK_EVERY_MS, progress: { ...run.progress, lastObserved } })
}

async function refuse(ports: RecordPorts, run: Run, held: Held): Promise<void> {
  const outcome = { ...notSent(run, collisionText(run, held, ports.clock())), holder: held.holder }
  await end(ports, run, { state: 'refused', outcome })
}
