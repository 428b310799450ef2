import { CATALOGUE } from '../cloud/catalogue.ts'
import { enqueue } from './chain.ts'
import { changed } from './change.ts'
import { finish } from './finish.ts'
import { getInLine, type Held, hasEnded, MAX_WAITING, mayStillArrive } from './lease.ts'
import { notSent } from './not-begun.ts'
import { answeredText, hasAnswered, hasAnsweredAlarm } from './past.ts'
import type { RecordPorts } from './ports.ts'
import type { Collision, Outcome, Run } from './run.ts'
import { givenMs, plusMs, pollDelaySeconds } from './schedule.ts'
import { type FinalState, isFinal } from './states.ts'
import { isSameRequest } from './wish.ts'

/** What becomes of a run whose resource another run has. */

/** How often a run that waits looks whether its turn has come. */
const LOOK_SECONDS = 15

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
  const now = ports.clock()
  const delay = pollDelaySeconds(FOLLOW, 0, UNSPREAD)
  const nextAt = plusMs(now, delay * 1000)
  const attached = changed(run, 'attached', { attachedTo: leader.id, nextAt, deadlineAt: endOf(run, leader) }, now)
  if (!(await ports.store.save(attached))) return
  ports.log('info', 'run joined another', { runId: run.id, attachedTo: leader.id })
  await enqueue(ports, attached, delay)
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
    return finish(ports, run, 'unknown', {
      summary: `run ${run.attachedTo}, which it joined, is gone`,
      providerDone: true,
    })
  }
  const now = ports.clock()
  if (cameToNothing(leader)) return standAlone(ports, run)
  const shared = sharedEnd(leader)
  if (shared) return finish(ports, run, shared.state, shared.outcome)
  const delay = pollDelaySeconds(FOLLOW, Math.max(1, now - Date.parse(run.createdAt)), UNSPREAD)
  const nextAt = plusMs(now, delay * 1000)
  const next = changed(run, 'attached', { step: run.step + 1, nextAt, deadlineAt: endOf(run, leader) }, now)
  if (await ports.store.save(next)) await enqueue(ports, next, delay)
}

/** One wish was withdrawn, or came to nothing, before anything was sent; whoever joined it still stands. */
export function cameToNothing({ state }: Run): boolean {
  return state === 'cancelled' || state === 'refused'
}

/** How those end that joined a run; undefined while that goes on, or where they stand by themselves. */
export function sharedEnd(leader: Run): { state: FinalState; outcome: Outcome } | undefined {
  const { id, state, outcome } = leader
  if (!isFinal(state) || !outcome || cameToNothing(leader)) return undefined
  return { state, outcome: { ...outcome, summary: `as run ${id}, which it joined: ${outcome.summary}` } }
}

async function standAlone(ports: RecordPorts, run: Run): Promise<void> {
  const now = ports.clock()
  // As if it were asked for now: its time is no longer that of the other run.
  const operation = CATALOGUE.get(run.operation)
  const deadlineAt = operation ? plusMs(now, givenMs(operation, run.params)) : run.deadlineAt
  const fresh = { attachedTo: undefined, nextAt: new Date(now).toISOString(), deadlineAt }
  const alone = changed(run, 'queued', fresh, now)
  if (await ports.store.save(alone)) await enqueue(ports, alone, 0)
}

/** @param why the resource cannot be had now */
export async function wait(ports: RecordPorts, run: Run, { holder }: Held): Promise<void> {
  const now = ports.clock()
  const said = `waits for run ${holder.runId} (${holder.operation})`
  const nextAt = plusMs(now, LOOK_SECONDS * 1000)
  const waiting = changed(run, 'queued', { nextAt, progress: { ...run.progress, said } }, now)
  if (await ports.store.save(waiting)) await enqueue(ports, waiting, LOOK_SECONDS)
}

/** Why a run is refused: who has its resource; or, where it would wait, that too many do. */
export function refusal(
  { collision, limits }: Pick<Run, 'collision' | 'limits'>,
  { holder, until, by }: Held,
  nowMs: number,
): string {
  const { runId, operation, since } = holder
  if (hasAnsweredAlarm(by, limits?.began)) return answeredText(by, limits?.began?.settleMs)
  if (hasEnded(by) && !mayStillArrive(by, nowMs))
    return `skipped, for run ${runId} (${operation}) had it when this was asked for, and ${by.state} since`
  const doubt = isFinal(by.state) ? `, which ended as ${by.state}; ${reserved(by)}` : ''
  const unsent = by.state === 'queued' ? `; it was not sent yet, and may be cancelled` : ''
  const who = `run ${runId} (${operation}) has it since ${since}${doubt}, until it has ended or ${until}${unsent}`
  return `${REFUSED_FOR[collision]}${who}`
}

function reserved(by: Run): string {
  return hasEnded(by)
    ? `its call, which had no answer, may arrive until ${by.mayArriveUntil}`
    : 'unless it is seen at rest, it stays reserved'
}

const REFUSED_FOR: Record<Collision, string> = {
  reject: '',
  skip: 'skipped, for ',
  queue: `${MAX_WAITING} runs wait for it already; `,
}

async function refuse(ports: RecordPorts, run: Run, held: Held): Promise<void> {
  await finish(ports, run, 'refused', { ...notSent(run, refusal(run, held, ports.clock())), holder: held.holder })
}
