import { CATALOGUE } from '../cloud/catalogue.ts'
import { CloudError } from '../cloud/errors.ts'
import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import { changed } from './change.ts'
import { finish, settle } from './finish.ts'
import { takeLease } from './lease.ts'
import type { SubmitMessage } from './messages.ts'
import { errorOf, notBegun, notReady, notSent, tooLate } from './not-begun.ts'
import type { Ports, RecordPorts } from './ports.ts'
import { prepare } from './prepare.ts'
import { placeOf, type Run } from './run.ts'
import { clampDelay, IN_HAND_MS, isEarly, plusMs, pollDelaySeconds } from './schedule.ts'
import { isFinal } from './states.ts'

/** The call itself keeps at least this much of the time that is left, whatever the baseline took. */
const CALL_MS = 12_000

const LOOK = 'check the instance or cluster, and its tasks, in the console'

/**
 * Sends a queued run to the provider, at most once.
 *
 * Order, and the crash that each part answers: (1) take the lease: nobody else works on the resource; (2) prepare, where
 * the operation wants that, and read the baseline; (3) write the intent with it, conditionally: a repeat of the message
 * loses here; (4) call; (5) write what came of it; (6) enqueue the first poll: if that is lost, the sweeper re-arms. A
 * crash between 3 and 5 leaves the run in `submitting`, where it is never sent again.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms)
 */
export async function submit(ports: Ports, message: SubmitMessage, deadlineAtMs: number): Promise<void> {
  const run = await ports.store.get(message.runId)
  if (!run) return ports.log('warn', 'submission of a run that is not stored', { runId: message.runId })
  if (isFinal(run.state)) return settle(ports, run)
  if (run.state === 'submitting') return reconcile(ports, run)
  if (run.state !== 'queued') return
  const now = ports.clock()
  if (isEarly(run.nextAt, now)) return hop(ports, run, now)
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return finish(ports, run, 'failed', notSent(run, 'this release does not know the operation'))
  if (plusMs(now, IN_HAND_MS) > run.deadlineAt) return finish(ports, run, 'timed-out', notSent(run, tooLate(run)))

  const holder = await takeLease(ports, run, now)
  if (holder) return finish(ports, run, 'refused', notSent(run, holder))
  const prepared = await prepare(ports, run, operation, deadlineAtMs - CALL_MS)
  if (prepared !== 'ready') return notReady(ports, run, prepared)
  const baseline = await readBaseline(ports, run, operation, deadlineAtMs - CALL_MS)
  if (baseline instanceof CloudError) return notBegun(ports, run, baseline)

  // The lease must outlive the work; the run's own deadline moves once the provider has taken it on.
  const needed = { ...run, deadlineAt: deadlineOf({ ...run, baseline }, operation, ports.clock()) }
  const other = needed.deadlineAt > run.deadlineAt ? await takeLease(ports, needed, ports.clock()) : undefined
  if (other) return finish(ports, run, 'refused', notSent(run, other))
  const nextAt = plusMs(ports.clock(), IN_HAND_MS)
  const intent = changed(run, 'submitting', { baseline, nextAt }, ports.clock())
  if (!(await ports.store.save(intent))) return
  await send(ports, intent, operation, deadlineAtMs)
}

/**
 * A run found in `submitting` whose worker is gone: the call may or may not have reached the provider. It is not sent
 * again; people are told what to look at.
 */
export async function reconcile(ports: RecordPorts, run: Run): Promise<void> {
  if (isEarly(run.nextAt, ports.clock())) return
  await finish(ports, run, 'unknown', {
    summary: `the worker was lost while ${run.operation} was being sent. It is not sent again: ${LOOK}`,
    providerDone: false,
  })
}

async function send(ports: Ports, run: Run, operation: LifecycleOperation, deadlineAtMs: number): Promise<void> {
  let accepted: ReturnType<LifecycleOperation['accepted']>
  try {
    const order = { target: run.target, params: run.params, baseline: run.baseline }
    const output = await ports.call(operation, order, placeOf(run, deadlineAtMs))
    accepted = operation.accepted(output, run.target)
  } catch (error) {
    if (!(error instanceof CloudError)) throw error
    if (error.facts.change === 'none') return notBegun(ports, run, error)
    return finish(ports, run, 'unknown', {
      summary: `no clear answer to ${run.operation}, which may have begun. It is not sent again: ${LOOK}`,
      providerDone: false,
      error: errorOf(error),
    })
  }
  if ('refused' in accepted) return finish(ports, run, 'failed', { summary: accepted.refused, providerDone: true })
  if ('unclear' in accepted) {
    const summary = `${accepted.unclear}, so ${run.operation} may have begun. It is not sent again: ${LOOK}`
    return finish(ports, run, 'unknown', { summary, providerDone: false })
  }
  const { jobId, requestId } = accepted
  ports.log('info', 'provider took it on', { runId: run.id, operation: run.operation, jobId, requestId })
  const delay = pollDelaySeconds(operation.tracking, 0, ports.random())
  const handles = { ...(jobId ? { job: { id: jobId } } : {}), ...(requestId ? { requestId } : {}) }
  const now = ports.clock()
  const deadlineAt = deadlineOf(run, operation, now)
  const times = { acceptedAt: new Date(now).toISOString(), nextAt: plusMs(now, delay * 1000), deadlineAt }
  const tracking = changed(run, 'tracking', { ...handles, ...times }, now)
  if (await ports.store.save(tracking)) {
    await ports.queue.send('polls', { v: 1, runId: run.id, step: tracking.step }, delay)
  }
}

/** A delay beyond what SQS takes is waited for in several hops. */
async function hop(ports: Ports, run: Run, now: number): Promise<void> {
  const seconds = (new Date(run.nextAt).getTime() - now) / 1000
  await ports.queue.send('submissions', { v: 1, runId: run.id }, clampDelay(seconds))
}

/** Work whose length only the baseline tells, or that had to wait, needs more time than the run was given. */
function deadlineOf(run: Run, { tracking }: LifecycleOperation, now: number): string {
  const { target, params, baseline, deadlineAt } = run
  const minutes = tracking.moreMinutes?.({ target, params, baseline }) ?? 0
  const needed = plusMs(now, (tracking.deadlineMinutes + minutes) * 60_000)
  const waited = run.preparedAt !== undefined || run.busyAnswers > 0
  return (minutes > 0 || waited) && needed > deadlineAt ? needed : deadlineAt
}

async function readBaseline(
  ports: Ports,
  run: Run,
  operation: LifecycleOperation,
  deadlineAtMs: number,
): Promise<unknown> {
  const place = placeOf(run, deadlineAtMs)
  try {
    return await operation.tracking.baseline((read, input) => ports.call(read, input, place), run.target)
  } catch (error) {
    if (error instanceof CloudError) return error
    throw error
  }
}
