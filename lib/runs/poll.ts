import { CATALOGUE } from '../cloud/catalogue.ts'
import { CloudError } from '../cloud/errors.ts'
import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import type { Observation, Probe } from '../cloud/tracking.ts'
import { factsOf, orCloudError, readerOf } from './ask.ts'
import { enqueue, hop } from './chain.ts'
import { changed } from './change.ts'
import { follow } from './collide.ts'
import { finish, settle } from './finish.ts'
import type { PollMessage } from './messages.ts'
import type { Ports } from './ports.ts'
import { type Conclusion, conclude, timedOutOutcome } from './progress.ts'
import type { Run } from './run.ts'
import { IN_HAND_MS, isEarly, MAX_STEPS, plusMs, pollDelaySeconds } from './schedule.ts'
import { isFinal, rulesOf } from './states.ts'

/**
 * One step: one look at the cloud, then the next step or the end.
 *
 * Poll N happens only by the conditional write `step = N -> N + 1`; whoever loses it drops the message, and so do stale
 * messages. The write says when the step is overdue: a repeat of the newest step that comes after that time means that
 * the next message was lost, and heals the chain. What the look brought is written before the next message is sent.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms)
 */
export async function poll(ports: Ports, message: PollMessage, deadlineAtMs: number): Promise<void> {
  const run = await ports.store.get(message.runId)
  if (!run) return ports.log('warn', 'poll of a run that is not stored', { runId: message.runId })
  if (isFinal(run.state)) return settle(ports, run)
  if (rulesOf(run.state).goesOnBy !== 'polls') return
  const now = ports.clock()
  const overdue = !isEarly(run.nextAt, now)
  if (message.step === run.step - 1 && overdue) return enqueue(ports, run, 0)
  if (message.step !== run.step) return
  if (!overdue) return hop(ports, run, now)

  // There is nothing to look at but a record: one write moves it on.
  if (run.state === 'attached') return follow(ports, run)
  const claimed = changed(run, run.state, { step: run.step + 1, nextAt: plusMs(now, IN_HAND_MS.poll) }, now)
  if (!(await ports.store.save(claimed))) return
  if (run.step >= MAX_STEPS) return finish(ports, claimed, 'timed-out', timedOutOutcome(claimed, run.progress))
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return giveUp(ports, claimed, 'this release does not know the operation')
  const probe = probeOf(operation, claimed)
  const seen = await look(ports, claimed, probe, deadlineAtMs)
  await act(ports, claimed, operation, conclude(claimed, probe, seen, ports.clock()))
}

function probeOf(operation: LifecycleOperation, run: Run): Probe<unknown> {
  const { progress, verify } = operation.tracking
  return run.state === 'verifying' && verify ? verify : progress
}

async function look(
  ports: Ports,
  run: Run,
  probe: Probe<unknown>,
  deadlineAtMs: number,
): Promise<Observation | CloudError> {
  const seen = await orCloudError(probe.look(readerOf(ports, run, deadlineAtMs), factsOf(run)))
  if (!(seen instanceof CloudError || seen.listed)) {
    ports.log('warn', 'value not in the table', { runId: run.id, probe: probe.name, said: seen.said })
  }
  return seen
}

async function act(ports: Ports, run: Run, operation: LifecycleOperation, conclusion: Conclusion): Promise<void> {
  const { progress } = conclusion
  if (conclusion.end) return finish(ports, { ...run, progress }, conclusion.end.state, conclusion.end.outcome)
  const verifyNow = conclusion.done && run.state === 'tracking'
  if (conclusion.done && (!verifyNow || !operation.tracking.verify)) {
    const { note } = conclusion
    const proof = note ? `the provider says so, but ${note}` : operation.tracking.knownBy
    const summary = `${operation.name} of ${operation.resource(run.target).split('/').at(-1)} is done: ${proof}`
    return finish(ports, { ...run, progress }, 'succeeded', { summary, providerDone: true })
  }
  const now = ports.clock()
  const delay = verifyNow ? 0 : pollDelaySeconds(operation.tracking, run.step, ports.random())
  // The last look is at the deadline, not after it.
  const untilDeadline = Math.max(0, new Date(run.deadlineAt).getTime() - now)
  const waitMs = Math.min(delay * 1000, untilDeadline)
  const next = changed(run, verifyNow ? 'verifying' : run.state, { progress, nextAt: plusMs(now, waitMs) }, now)
  if (await ports.store.save(next)) await enqueue(ports, next, waitMs / 1000)
}

async function giveUp(ports: Ports, run: Run, why: string): Promise<void> {
  await finish(ports, run, 'unknown', { summary: `${why}; the provider's work may go on`, providerDone: false })
}
