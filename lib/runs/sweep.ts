import { inParallel, partsOf } from '../basics/parallel.ts'
import { nextMessage } from './chain.ts'
import { lateEnd } from './late-end.ts'
import type { QueueName } from './messages.ts'
import type { RecordPorts } from './ports.ts'
import type { Run } from './run.ts'
import { CLOCKS_APART_MS, overdueAfterMs, plusMs } from './schedule.ts'
import { isFinal, type LiveState, rulesOf } from './states.ts'
import { claim, note, tell, writeEnd } from './transition.ts'

/** So many at a time: a sweep of a thousand overdue runs takes seconds, and no table is asked for more at once. */
const PAGE = 25

/** After its deadline, a run is re-armed so often for a last look; where none came of it, nobody can look. */
const LAST_REARMS = 2

interface Sweep {
  ports: RecordPorts
  /** `all`: also those for which it is not time yet. */
  runs: 'overdue' | 'all'
  /** Ids of runs whose end was not told. */
  untold: string[]
  /** Queues that took nothing: they are left alone until the next sweep. */
  down: Set<QueueName>
}

/**
 * Looks after every run for which something should have happened and did not: re-arms lost chains, ends overdue runs; then
 * tells what was not told. Whatever the queues lost, this finds. What cannot be helped hides nothing that can: all that is
 * overdue is gone through, and telling, which may hang, comes last.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms); the next sweep goes on
 * @returns how many runs it looked after
 */
export async function sweep(ports: RecordPorts, deadlineAtMs: number): Promise<number> {
  const it: Sweep = { ports, runs: 'overdue', untold: [], down: new Set() }
  const begunAt = new Date(ports.clock()).toISOString()
  const now = await reach(ports, begunAt)
  let [rescued, isWhole] = [0, true]
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    isWhole = ports.clock() < deadlineAtMs
    if (!isWhole) break
    const page = await ports.store.due({ now, limit: PAGE, cursor })
    cursor = page.cursor
    rescued += await lookAfter(it, page.ids)
  }
  if (isWhole) await orNothing(ports, ports.store.noteSweep(begunAt))
  return rescued + (await tellAll(it, deadlineAtMs))
}

/**
 * Brings every live run on at once, and tells what was not told: for a process that is the only one, when it starts. Whatever the one
 * before it had in hand, nobody has any more.
 * @param deadlineAtMs when it must be done (epoch ms); sweeps find the rest
 * @returns how many runs it looked after
 */
export async function resume(ports: RecordPorts, deadlineAtMs: number): Promise<number> {
  const it: Sweep = { ports, runs: 'all', untold: [], down: new Set() }
  // All of them before the first is changed: each gets another date by that.
  const ids: string[] = []
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    const page = await ports.store.due({ now: FOR_EVER, limit: 1000, cursor })
    cursor = page.cursor
    ids.push(...page.ids)
  }
  let rescued = 0
  for (const part of partsOf(ids, PAGE)) {
    if (ports.clock() < deadlineAtMs) rescued += await lookAfter(it, part)
  }
  return rescued + (await tellAll(it, deadlineAtMs))
}

const FOR_EVER = '9999-12-31T23:59:59.999Z'

/** @returns how many of them were looked after */
async function lookAfter(it: Sweep, ids: string[]): Promise<number> {
  const { values, failures } = await inParallel(ids, (id) => rescue(it, id))
  for (const error of failures) it.ports.log('error', 'sweep of a run failed', { error: String(error) })
  await rearm(
    it,
    values.filter((one) => typeof one === 'object'),
  )
  return values.filter((one) => one !== false).length
}

/** A run is due so much later than it was changed, at most, but for what waits for a cloud's own time. */
const REACH_MS = 10 * 60_000

/** Up to when runs are due. Where the clock stepped back since the last sweep: up to when those were due that it left. */
async function reach(ports: RecordPorts, now: string): Promise<string> {
  const before = (await orNothing(ports, ports.store.lastSweep())) ?? now
  return Date.parse(before) - Date.parse(now) > CLOCKS_APART_MS ? plusMs(before, REACH_MS) : now
}

/** What is known of the last sweep keeps none from its work. */
async function orNothing<Value>(ports: RecordPorts, asked: Promise<Value>): Promise<Value | undefined> {
  try {
    return await asked
  } catch (error) {
    ports.log('warn', 'last sweep not known', { error: String(error) })
    return undefined
  }
}

/** Changed by a clock that was ahead of this one by more than hosts are apart: when it is due says nothing. */
function isOfTheFuture({ updatedAt }: Run, nowMs: number): boolean {
  return Date.parse(updatedAt) - nowMs > CLOCKS_APART_MS
}

/** @returns the run where a message must be sent for it; else whether it was looked after: the index lags behind the table */
async function rescue({ ports, runs, untold, down }: Sweep, id: string): Promise<Run | boolean> {
  const run = await ports.store.get(id)
  const nowMs = ports.clock()
  if (!run?.dueAt) return false
  const isOverdue = Date.parse(run.dueAt) <= nowMs || isOfTheFuture(run, nowMs)
  if (!isOverdue && runs === 'overdue') return false
  const { state, rearms = 0 } = run
  if (isFinal(state)) {
    untold.push(id)
    return false
  }
  ports.log(isOverdue ? 'warn' : 'info', isOverdue ? 'run overdue' : 'run resumed', {
    runId: id,
    state,
    step: run.step,
    dueAt: run.dueAt,
    rearms,
  })
  const { queue, onDeadline: late } = rulesOf(state)
  const lateAt = late.at(run)
  const wasLookedFor = !LOOKS[state] || (rearms >= LAST_REARMS && run.updatedAt >= lateAt)
  if (nowMs - Date.parse(lateAt) >= CLOCKS_APART_MS && wasLookedFor) {
    const how = await lateEnd(ports, run, state)
    if (how && (await writeEnd(ports, run, how.state, how.outcome))) untold.push(id)
    if (how) return true
  }
  return down.has(queue) ? false : run
}

/** Whether the cloud, or another run, is looked at before a run of this state ends. */
const LOOKS: Record<LiveState, boolean> = {
  queued: false,
  attached: true,
  submitting: true,
  tracking: true,
  verifying: true,
}

/**
 * First the write, for a message that came before it would lose to it. It moves the sweeper's date on, further each time: the
 * message may only wait. What was not taken waits nowhere, and is soon overdue again.
 */
async function rearm({ ports, down }: Sweep, runs: Run[]): Promise<void> {
  const { values } = await inParallel(runs, async (run) => {
    const next = await rearmed(ports, run)
    const message = next && nextMessage(next)
    return message ? [{ run: next, ...message }] : []
  })
  const armed = values.flat()
  for (const [queue, some] of Map.groupBy(armed, (one) => one.queue)) {
    const left = await ports.queue.sendAll(
      queue,
      some.map(({ message }) => message),
    )
    if (left.length === 0) continue
    ports.log('error', 'not re-armed', { queue, left: left.length, of: some.length })
    if (left.length === some.length) down.add(queue)
    const unsent = some.filter(({ message }) => left.includes(message))
    await inParallel(unsent, ({ run }) => unarmed(ports, run))
  }
}

/** It was not sent: it does not count, and is soon tried again. */
function unarmed(ports: RecordPorts, run: Run): Promise<Run | undefined> {
  const { rearms = 1 } = run
  return note(ports, run, { rearms: rearms - 1, dueAt: plusMs(ports.clock(), overdueAfterMs(0)) })
}

/** It is due for any host's clock. After the deadline the count begins anew: the last look is not waited for. */
function rearmed(ports: RecordPorts, run: Run): Promise<Run | undefined> {
  const { state, rearms = 0, updatedAt } = run
  const nowMs = ports.clock()
  const lateAt = isFinal(state) ? undefined : rulesOf(state).onDeadline.at(run)
  const isLast = lateAt !== undefined && updatedAt < lateAt && Date.parse(lateAt) <= nowMs
  return claim(ports, run, { forMs: -CLOCKS_APART_MS, rearms: isLast ? 1 : rearms + 1 })
}

/** Until the topic takes none of a part of them. @returns how many were told */
async function tellAll({ ports, untold }: Sweep, deadlineAtMs: number): Promise<number> {
  let told = 0
  for (const part of partsOf(untold, PAGE)) {
    if (ports.clock() >= deadlineAtMs) break
    const { values, failures } = await inParallel(part, (id) => tellOrPutBack(ports, id))
    told += values.length
    if (failures.length > 0) ports.log('error', 'ends not told', { count: failures.length, error: String(failures[0]) })
    if (values.length === 0) break
  }
  return told
}

/** What could not be told goes behind the others. @throws where it was not told */
async function tellOrPutBack(ports: RecordPorts, id: string): Promise<void> {
  const run = await ports.store.get(id)
  if (!run || !isFinal(run.state)) return
  try {
    await tell(ports, run)
  } catch (error) {
    await note(ports, run, { rearms: (run.rearms ?? 0) + 1 })
    throw error
  }
}
