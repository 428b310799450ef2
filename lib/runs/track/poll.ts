import { CloudError } from '../../cloud/errors.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import type { Observation, Probe } from '../../services/tracking.ts'
import { factsOf, orCloudError, readerOf } from '../ask.ts'
import { requeueOrDrop } from '../chain.ts'
import type { PollMessage } from '../messages.ts'
import { abandonedOutcome, doneOutcome, timedOutOutcome, UNKNOWN_OPERATION } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { CLAIM_MS, isEarly, MAX_STEPS, plusMs, pollDelaySeconds } from '../schedule.ts'
import { isFinal, rulesOf } from '../states.ts'
import { noted } from '../timeline.ts'
import { advance, claim, end } from '../transition.ts'
import { follow } from './follow.ts'
import { acceptedMs, type Conclusion, conclude, lastLookMs } from './progress.ts'

/**
 * One step: one look at the cloud, then the next step or the end.
 *
 * Poll N happens only by the conditional write `step = N -> N + 1`; whoever loses it drops the message, and so do stale
 * messages: a repeat never makes a message. What the look brought is written before the next message is sent; where that is
 * lost, the sweeper finds the step overdue.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms)
 */
export async function poll(ports: Ports, message: PollMessage, deadlineAtMs: number): Promise<void> {
  const run = await ports.store.get(message.runId)
  if (!run) return ports.log('warn', 'poll of a run that is not stored', { runId: message.runId })
  if (isFinal(run.state) || rulesOf(run.state).queue !== 'polls' || message.step !== run.step) return
  const now = ports.clock()
  if (isEarly(run, now)) return requeueOrDrop(ports, run, now)

  if (run.step >= MAX_STEPS) return end(ports, run, 'timed-out', timedOutOutcome(run, run.progress))
  // There is nothing to look at but a record: one write moves it on.
  if (run.state === 'attached') return follow(ports, run)
  const claimed = await claim(ports, run, { forMs: CLAIM_MS.poll, step: run.step + 1 })
  if (!claimed) return
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return end(ports, claimed, 'unknown', abandonedOutcome(UNKNOWN_OPERATION))
  await act(ports, operation, await lookAndVerify(ports, claimed, operation, deadlineAtMs))
}

/** A look that takes longer is better taken again later: others wait for their turn. */
const LOOK_MS = 10_000

interface Looked {
  run: Run
  /** As what it goes on, should it not have ended. */
  state: 'tracking' | 'verifying'
  conclusion: Conclusion
}

/** What the provider reports as done is verified in the same step. */
async function lookAndVerify(
  ports: Ports,
  run: Run,
  operation: LifecycleOperation,
  deadlineAtMs: number,
): Promise<Looked> {
  const { progress, verify } = operation.tracking
  const lookFor = async (as: Run, probe: Probe<unknown>): Promise<Conclusion> => {
    // What is seen is no newer than this, however long the answer took, or the worker froze.
    const nowMs = ports.clock()
    const observation = await look(ports, as, probe, Math.min(deadlineAtMs, nowMs + LOOK_MS))
    return conclude(as, probe, observation, nowMs)
  }
  if (run.state === 'verifying' && verify) return { run, state: 'verifying', conclusion: await lookFor(run, verify) }
  const first = await lookFor(run, progress)
  if (!first.done || !verify) return { run, state: 'tracking', conclusion: first }
  const done: Run = { ...run, ...first.changes, state: 'verifying' }
  // What the first look showed is not written by itself.
  const timeline = noted(done, plusMs(ports.clock(), 0))
  const second = await lookFor(done, verify)
  const conclusion = { ...second, changes: { ...first.changes, ...second.changes } }
  return { run: { ...run, timeline }, state: 'verifying', conclusion }
}

async function look(
  ports: Ports,
  run: Run,
  probe: Probe<unknown>,
  deadlineAtMs: number,
): Promise<Observation | CloudError> {
  const observation = await orCloudError(probe.observe(readerOf(ports, run, deadlineAtMs), factsOf(run)))
  if (!(observation instanceof CloudError || observation.listed)) {
    ports.log('warn', 'value not in the table', { runId: run.id, probe: probe.name, observed: observation.observed })
  }
  return observation
}

async function act(ports: Ports, operation: LifecycleOperation, { run, state, conclusion }: Looked): Promise<void> {
  const { changes } = conclusion
  const now = ports.clock()
  if (conclusion.end) return end(ports, { ...run, ...changes, state }, conclusion.end.state, conclusion.end.outcome)
  if (conclusion.done) {
    const outcome = doneOutcome(run, {
      ...{ proofs: changes.proofs ?? run.proofs, note: conclusion.note, nowMs: now },
    })
    return end(ports, { ...run, ...changes, state }, 'succeeded', outcome)
  }
  // While the resource is verified, what changes is looked at soon again.
  const since = state === 'verifying' ? changes.progress.since : undefined
  const ageMs = Math.max(1, now - (since ? Date.parse(since) : acceptedMs(run)))
  const delayMs = pollDelaySeconds(operation.tracking, ageMs, ports.random()) * 1000
  // One look is at the deadline, the last a little later. What is left to see then is seen soon.
  const ends = [Date.parse(run.deadlineAt), lastLookMs(run)].filter((at) => at > now)
  const soonMs = conclusion.soonMs ?? (ends.length === 0 ? LATE_LOOK_MS : delayMs)
  const waitMs = Math.min(delayMs, soonMs, ...ends.map((at) => at - now))
  await advance(ports, run, { afterMs: waitMs, state, ...changes })
}

const LATE_LOOK_MS = 10_000
