import { inParallel, partsOf } from '../basics/parallel.ts'
import { endOnDeadline } from './end-on-deadline.ts'
import { tendDocuments } from './guards/tend.ts'
import type { QueueName } from './messages.ts'
import { notifyEnds } from './notify-ends.ts'
import type { RecordPorts } from './ports.ts'
import { rearm } from './rearm.ts'
import type { Run } from './run.ts'
import { CLOCKS_APART_MS, plusMs } from './schedule.ts'
import { isFinal, rulesOf } from './states.ts'
import { writeEnd } from './transition.ts'

/** At once: a sweep of a thousand overdue runs takes seconds, and no table is asked for more in parallel. */
const PAGE = 25

/** After its deadline, a run is re-armed so often for a last observation; if none came of it, nobody can observe. */
const LAST_REARMS = 2

interface Sweep {
  ports: RecordPorts
  /** `all` includes those that are not due yet. */
  runs: 'overdue' | 'all'
  /** Ids of runs that have ended and whose end was not published. */
  unnotified: string[]
  /** Queues that took nothing: they are left alone until the next sweep. */
  down: Set<QueueName>
}

/**
 * Finds every run for which something should have happened and did not: re-arms lost chains, ends overdue runs, then sends
 * missing notifications. Whatever the queues lost, this finds. One failure hides no other work: all overdue runs are handled,
 * and notifying, which may hang, comes last.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms); the next sweep continues
 * @returns how many runs it handled
 */
export async function sweep(ports: RecordPorts, deadlineAtMs: number): Promise<number> {
  const it: Sweep = { ports, runs: 'overdue', unnotified: [], down: new Set() }
  const begunAt = new Date(ports.clock()).toISOString()
  const now = await dueUntil(ports, begunAt)
  let [rescued, isWhole] = [0, true]
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    isWhole = ports.clock() < deadlineAtMs
    if (!isWhole) break
    const page = await ports.store.due({ now, limit: PAGE, cursor })
    cursor = page.cursor
    rescued += await rescueAll(it, page.ids)
  }
  await orLogged(ports, tendDocuments(ports, deadlineAtMs))
  if (isWhole) await orUndefined(ports, ports.store.noteSweep(begunAt))
  return rescued + (await notifyEnds(ports, it.unnotified, deadlineAtMs))
}

/**
 * Continues every live run at once and sends missing notifications: for a process that is the only one, when it starts. No
 * earlier claim is valid any more, because the process that made it has ended.
 * @param deadlineAtMs when it must be done (epoch ms); sweeps find the rest
 * @returns how many runs it handled
 */
export async function resume(ports: RecordPorts, deadlineAtMs: number): Promise<number> {
  const it: Sweep = { ports, runs: 'all', unnotified: [], down: new Set() }
  // All ids before the first change, for a change moves a run to another date.
  const ids: string[] = []
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    const page = await ports.store.due({ now: FOR_EVER, limit: 1000, cursor })
    cursor = page.cursor
    ids.push(...page.ids)
  }
  let rescued = 0
  for (const part of partsOf(ids, PAGE)) {
    if (ports.clock() < deadlineAtMs) rescued += await rescueAll(it, part)
  }
  return rescued + (await notifyEnds(ports, it.unnotified, deadlineAtMs))
}

async function orLogged({ log }: RecordPorts, work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => log('error', 'documents not looked after', { error: String(error) }))
}

const FOR_EVER = '9999-12-31T23:59:59.999Z'

/** A run is due at most so long after it was changed, unless it waits for a time that its cloud named. */
const MAX_DUE_AFTER_MS = 10 * 60_000

/** The instant up to which runs are due. After the clock stepped back, it includes those that the last sweep left behind. */
async function dueUntil(ports: RecordPorts, now: string): Promise<string> {
  const before = (await orUndefined(ports, ports.store.lastSweep())) ?? now
  return Date.parse(before) - Date.parse(now) > CLOCKS_APART_MS ? plusMs(before, MAX_DUE_AFTER_MS) : now
}

/** The record of the last sweep is a help only: a sweep works without it. */
async function orUndefined<Value>(ports: RecordPorts, asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked
  } catch (error) {
    ports.log('warn', 'record of the last sweep not available', { error: String(error) })
    return undefined
  }
}

/** @returns how many of them were handled */
async function rescueAll(it: Sweep, ids: string[]): Promise<number> {
  const { values, failures } = await inParallel(ids, (id) => rescue(it, id))
  for (const error of failures) it.ports.log('error', 'sweep of a run failed', { error: String(error) })
  const lost = values.filter((one) => typeof one === 'object')
  await rearm(it.ports, lost, it.down)
  return values.filter((one) => one !== false).length
}

/** @returns the run where a message must be sent for it; else whether it was handled: the index lags behind the table */
async function rescue({ ports, runs, unnotified, down }: Sweep, id: string): Promise<Run | boolean> {
  const run = await ports.store.get(id)
  const nowMs = ports.clock()
  if (!run?.dueAt) return false
  const isOverdue = Date.parse(run.dueAt) <= nowMs || isFromTheFuture(run, nowMs)
  if (!isOverdue && runs === 'overdue') return false
  const { state, step, dueAt, rearms = 0 } = run
  if (isFinal(state)) {
    unnotified.push(id)
    return false
  }
  const fields = { runId: id, state, step, dueAt, rearms }
  if (isOverdue) ports.log('warn', 'run overdue', fields)
  else ports.log('info', 'run resumed', fields)
  const { queue, onDeadline } = rulesOf(state)
  const endsAt = onDeadline.at(run)
  const wasObserved = !onDeadline.afterObservation || (rearms >= LAST_REARMS && run.updatedAt >= endsAt)
  if (nowMs - Date.parse(endsAt) >= CLOCKS_APART_MS && wasObserved) {
    const ending = await endOnDeadline(ports, run, state)
    if (ending && (await writeEnd(ports, run, ending))) unnotified.push(id)
    if (ending) return true
  }
  return down.has(queue) ? false : run
}

/** Whether a clock ahead of this one by more than hosts are apart changed the run: its `dueAt` says nothing then. */
function isFromTheFuture({ updatedAt }: Run, nowMs: number): boolean {
  return Date.parse(updatedAt) - nowMs > CLOCKS_APART_MS
}
