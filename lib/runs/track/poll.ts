import { CloudError } from '../../cloud/errors.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import type { Observation, Probe } from '../../services/tracking.ts'
import { requeueOrDrop } from '../chain.ts'
import { cloudFor, type RunOperation } from '../cloud-for.ts'
import type { PollMessage } from '../messages.ts'
import { abandonedOutcome, succeededOutcome, timedOutOutcome, UNKNOWN_OPERATION } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { CLAIM_MS, isEarly, MAX_STEPS, plusMs, pollDelaySeconds } from '../schedule.ts'
import { isFinal, rulesOf } from '../states.ts'
import { extendTimeline } from '../timeline.ts'
import { advance, claim, end } from '../transition.ts'
import { acceptedMs, type Conclusion, conclude, lastObservationMs } from './conclude.ts'
import { follow } from './follow.ts'

/**
 * Makes one step: one observation of the cloud, then the next step or the end.
 *
 * Poll N happens only by the conditional write `step = N -> N + 1`. A worker that loses it drops the message, and so are stale
 * messages: a repeat never makes a message. The result of the observation is written before the next message is sent; where
 * that message is lost, the sweeper finds the step overdue.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms)
 */
export async function poll(ports: Ports, message: PollMessage, deadlineAtMs: number): Promise<void> {
  const step = await takeStep(ports, message)
  if (!step) return
  const { run, operation } = step
  const { progress, verify } = operation.tracking
  const proceed = (concluded: Concluded): Promise<void> => advanceOrEnd(ports, operation, concluded)
  if (run.state === 'verifying' && verify) {
    const conclusion = await observe(ports, step, { probe: verify, deadlineAtMs })
    return proceed({ run, state: 'verifying', conclusion })
  }
  const first = await observe(ports, step, { probe: progress, deadlineAtMs })
  if (!first.done || !verify) return proceed({ run, state: 'tracking', conclusion: first })
  // Work that the provider reports as done is verified in the same step. The first observation is not written by itself.
  const done: Run = { ...run, ...first.changes, state: 'verifying' }
  const timeline = extendTimeline(done, plusMs(ports.clock(), 0))
  const second = await observe(ports, { run: done, operation }, { probe: verify, deadlineAtMs })
  const changes = { ...first.changes, ...second.changes }
  await proceed({ run: { ...run, timeline }, state: 'verifying', conclusion: { ...second, changes } })
}

/** Claims the step of a message. @returns undefined where there is nothing to observe, and all is done for the message */
async function takeStep(ports: Ports, message: PollMessage): Promise<RunOperation | undefined> {
  const run = await ports.store.get(message.runId)
  if (!run) return void ports.log('warn', 'poll of a run that is not stored', { runId: message.runId })
  if (isFinal(run.state) || rulesOf(run.state).queue !== 'polls' || message.step !== run.step) return undefined
  const now = ports.clock()
  if (isEarly(run, now)) return void (await requeueOrDrop(ports, run, now))
  if (run.step >= MAX_STEPS) {
    return void (await end(ports, run, { state: 'timed-out', outcome: timedOutOutcome(run, run.progress) }))
  }
  // An attached run needs no claim: it reads only a record, and one write advances it.
  if (run.state === 'attached') return void (await follow(ports, run))
  const claimed = await claim(ports, run, { forMs: CLAIM_MS.poll, step: run.step + 1 })
  const operation = claimed && CATALOGUE.get(run.operation)
  if (operation) return { run: claimed, operation }
  if (claimed) await end(ports, claimed, { state: 'unknown', outcome: abandonedOutcome(UNKNOWN_OPERATION) })
  return undefined
}

/** An observation that takes longer is better repeated later: other runs wait for their slot. */
const OBSERVE_MS = 10_000

interface Concluded {
  run: Run
  /** The state in which it continues, unless it ends. */
  state: 'tracking' | 'verifying'
  conclusion: Conclusion
}

async function observe(
  ports: Ports,
  { run, operation }: RunOperation,
  { probe, deadlineAtMs }: { probe: Probe<unknown>; deadlineAtMs: number },
): Promise<Conclusion> {
  // The observation is no newer than this, however long the answer took, or the worker froze.
  const nowMs = ports.clock()
  const cloud = cloudFor(ports, { run, operation }, Math.min(deadlineAtMs, nowMs + OBSERVE_MS))
  const observation = await cloud.observe(probe)
  reportUnlisted(ports, { run, probe, observation })
  return conclude({ run, probe, nowMs }, observation)
}

function reportUnlisted(
  { log }: Ports,
  { run, probe, observation }: { run: Run; probe: Probe<unknown>; observation: Observation | CloudError },
): void {
  if (observation instanceof CloudError || observation.listed) return
  log('warn', 'value not in the table', { runId: run.id, probe: probe.name, observed: observation.observed })
}

async function advanceOrEnd(
  ports: Ports,
  { tracking }: RunOperation['operation'],
  { run, state, conclusion }: Concluded,
): Promise<void> {
  const { changes } = conclusion
  const now = ports.clock()
  if (conclusion.end) return end(ports, { ...run, ...changes, state }, conclusion.end)
  if (conclusion.done) {
    const outcome = succeededOutcome(run, {
      ...{ proofs: changes.proofs ?? run.proofs, note: conclusion.note, nowMs: now },
    })
    return end(ports, { ...run, ...changes, state }, { state: 'succeeded', outcome })
  }
  // While the resource is verified, a value that has just changed is observed again soon.
  const since = state === 'verifying' ? changes.progress.since : undefined
  const ageMs = Math.max(1, now - (since ? Date.parse(since) : acceptedMs(run)))
  const delayMs = pollDelaySeconds(tracking, ageMs, ports.random()) * 1000
  // One observation is at the deadline, the last a little later. Any that is still needed then comes soon.
  const ends = [Date.parse(run.deadlineAt), lastObservationMs(run)].filter((at) => at > now)
  const soonMs = conclusion.soonMs ?? (ends.length === 0 ? LATE_OBSERVATION_MS : delayMs)
  const waitMs = Math.min(delayMs, soonMs, ...ends.map((at) => at - now))
  await advance(ports, run, { afterMs: waitMs, state, ...changes })
}

const LATE_OBSERVATION_MS = 10_000
