import { changed } from './change.ts'
import { finish, settle } from './finish.ts'
import { notSent, tooLate } from './not-begun.ts'
import type { RecordPorts } from './ports.ts'
import { timedOutOutcome } from './progress.ts'
import type { Run } from './run.ts'
import { isFinal } from './states.ts'
import { reconcile } from './submit.ts'

/** So many at a time: a sweep of a thousand overdue runs takes seconds, and no table is asked for more at once. */
const PAGE = 25

/**
 * Looks after every run for which something should have happened and did not: re-arms lost chains, ends overdue runs,
 * re-sends outcomes that were not told. Whatever the queues lost, this finds.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms); the next sweep goes on
 * @returns how many runs it looked after
 */
export async function sweep(ports: RecordPorts, deadlineAtMs: number): Promise<number> {
  const looked = new Set<string>()
  let rescued = 0
  while (ports.clock() < deadlineAtMs) {
    // The limit grows by what was looked at already, so that runs that cannot be helped never hide those behind them.
    const due = await ports.store.due(new Date(ports.clock()).toISOString(), PAGE + looked.size)
    const fresh = due.filter((id) => !looked.has(id)).slice(0, PAGE)
    if (fresh.length === 0) return rescued
    const results = await Promise.allSettled(fresh.map((id) => rescue(ports, id)))
    for (const result of results) {
      if (result.status === 'rejected') ports.log('error', 'sweep of a run failed', { error: String(result.reason) })
      else if (result.value) rescued++
    }
    for (const id of fresh) looked.add(id)
  }
  return rescued
}

/** @returns whether the run was due after all: the index lags a little behind the table */
async function rescue(ports: RecordPorts, id: string): Promise<boolean> {
  const run = await ports.store.get(id)
  const now = new Date(ports.clock()).toISOString()
  if (!run?.dueAt || run.dueAt > now) return false
  ports.log('warn', 'run overdue', { runId: id, state: run.state, step: run.step, dueAt: run.dueAt })
  if (isFinal(run.state)) await settle(ports, run)
  else if (run.state === 'submitting') await reconcile(ports, run)
  else if (now >= run.deadlineAt) await end(ports, run)
  else await rearm(ports, run)
  return true
}

async function end(ports: RecordPorts, run: Run): Promise<void> {
  if (run.state !== 'queued') return finish(ports, run, 'timed-out', timedOutOutcome(run, run.progress))
  await finish(ports, run, 'timed-out', notSent(run, tooLate(run)))
}

/** The write moves the sweeper's date on, so that the next sweep does not send another message for the same step. */
async function rearm(ports: RecordPorts, run: Run): Promise<void> {
  const rearmed = changed(run, run.state, { nextAt: new Date(ports.clock()).toISOString() }, ports.clock())
  if (!(await ports.store.save(rearmed))) return
  if (run.state === 'queued') await ports.queue.send('submissions', { v: 1, runId: run.id }, 0)
  else await ports.queue.send('polls', { v: 1, runId: run.id, step: run.step }, 0)
}
