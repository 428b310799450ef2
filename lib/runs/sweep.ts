import { nextMessage } from './chain.ts'
import { changed } from './change.ts'
import { finish, settle } from './finish.ts'
import type { Message, QueueName } from './messages.ts'
import { notSent, tooLate } from './not-begun.ts'
import type { RecordPorts } from './ports.ts'
import { timedOutOutcome } from './progress.ts'
import { unknownOutcome } from './reconcile.ts'
import type { Outcome, Run } from './run.ts'
import { isFinal, type LiveState, rulesOf } from './states.ts'

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
    const rearmed: Run[] = []
    const results = await Promise.allSettled(fresh.map((id) => rescue(ports, id, rearmed)))
    for (const result of results) {
      if (result.status === 'rejected') ports.log('error', 'sweep of a run failed', { error: String(result.reason) })
      else if (result.value) rescued++
    }
    await sendOn(ports, rearmed)
    for (const id of fresh) looked.add(id)
  }
  return rescued
}

/**
 * @param rearmed gets the run where a message must be sent for it
 * @returns whether the run was due after all: the index lags a little behind the table
 */
async function rescue(ports: RecordPorts, id: string, rearmed: Run[]): Promise<boolean> {
  const run = await ports.store.get(id)
  const now = new Date(ports.clock()).toISOString()
  if (!run?.dueAt || run.dueAt > now) return false
  const { state } = run
  ports.log('warn', 'run overdue', { runId: id, state, step: run.step, dueAt: run.dueAt })
  if (isFinal(state)) await settle(ports, run)
  else if (now >= rulesOf(state).late.at(run)) await finish(ports, run, rulesOf(state).late.as, LATE[state](run))
  else {
    // The write moves the sweeper's date on, so that the next sweep does not send another message for the same step.
    const next = changed(run, state, { nextAt: now }, ports.clock())
    if (await ports.store.save(next)) rearmed.push(next)
  }
  return true
}

/** How a run ends that nothing brought to its end by its deadline. */
const LATE: Record<LiveState, (run: Run) => Outcome> = {
  queued: (run) => notSent(run, tooLate(run)),
  attached: (run) => ({
    summary: `run ${run.attachedTo}, which it joined, did not end by ${run.deadlineAt}`,
    providerDone: true,
  }),
  submitting: unknownOutcome,
  tracking: (run) => timedOutOutcome(run, run.progress),
  verifying: (run) => timedOutOutcome(run, run.progress),
}

/** What is not taken stays overdue, and the next sweep sends it. */
async function sendOn(ports: RecordPorts, runs: Run[]): Promise<void> {
  const byQueue = new Map<QueueName, Message[]>()
  for (const next of runs.map(nextMessage)) {
    if (next) byQueue.set(next.queue, [...(byQueue.get(next.queue) ?? []), next.message])
  }
  for (const [queue, messages] of byQueue) {
    await ports.queue
      .sendAll(queue, messages)
      .catch((error: unknown) => ports.log('error', 'not re-armed', { queue, error: String(error) }))
  }
}
