import { CloudError } from '../../cloud/errors.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import type { Observation, Probe } from '../../services/tracking.ts'
import { requeueOrDrop } from '../chain.ts'
import { cloudFor, type RunOperation } from '../cloud-for.ts'
import { durationsOf, learn } from '../durations/learned.ts'
import type { PollMessage } from '../messages.ts'
import { abandonedOutcome, type Ending, succeededOutcome, timedOutOutcome, UNKNOWN_OPERATION } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { isEarly, MAX_STEPS, plusMs } from '../schedule.ts'
import { isFinal, rulesOf } from '../states.ts'
import { extendTimeline } from '../timeline.ts'
import { advance, end } from '../transition.ts'
import { type Conclusion, conclude, lastObservationMs } from './conclude.ts'
import { follow } from './follow.ts'
import { nextPollMs, type Timed } from './pace.ts'
import { noticeSlow } from './slow.ts'

/** A run that others change meanwhile (a note of a dead letter, a re-arm) is observed anew so often. */
const MAX_ATTEMPTS = 3

/**
 * Makes one step: one observation of the cloud, then the next step or the end.
 *
 * Step N is made by one conditional write `step = N -> N + 1`, which has the result of the observation as well. Several workers
 * may observe for one step, because messages repeat; one of them writes, and only that one sends the message of the next step.
 * The others drop theirs: a repeat costs a read of the cloud, and never makes a message. Where the message of the next step is
 * lost, the sweeper finds that step overdue.
 *
 * @param deadlineAtMs when this invocation must be done (epoch ms)
 */
export async function poll(ports: Ports, message: PollMessage, deadlineAtMs: number): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS && ports.clock() < deadlineAtMs; attempt++) {
    const step = await stepOf(ports, message)
    if (!step || (await makeStep(ports, step, deadlineAtMs))) return
  }
}

/** @returns false where another worker changed the run meanwhile, so that nothing was written */
async function makeStep(ports: Ports, step: RunOperation, deadlineAtMs: number): Promise<boolean> {
  const { run, operation } = step
  const { progress, verify } = operation.tracking
  // Read while the cloud is observed.
  const durations = durationsOf(ports, run)
  const proceed = async (concluded: Concluded): Promise<boolean> =>
    advanceOrEnd(ports, { operation, durations: await durations }, concluded)
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
  const conclusion = { ...second, changes }
  return proceed({ run: { ...run, timeline }, state: 'verifying', conclusion, shownBy: done })
}

/** The run whose next step a message is for. @returns undefined where there is nothing to observe, and all is done for the message */
async function stepOf(ports: Ports, message: PollMessage): Promise<RunOperation | undefined> {
  const run = await ports.store.get(message.runId)
  if (!run) return void ports.log('warn', 'poll of a run that is not stored', { runId: message.runId })
  if (isFinal(run.state) || rulesOf(run.state).queue !== 'polls' || message.step !== run.step) return undefined
  const now = ports.clock()
  // An attached run is woken early, when the run that it joined has ended.
  if (run.state !== 'attached' && isEarly(run, now)) return void (await requeueOrDrop(ports, run, now))
  if (run.step >= MAX_STEPS) {
    return void (await end(ports, run, { state: 'timed-out', outcome: timedOutOutcome(run, run.progress) }))
  }
  if (run.state === 'attached') return void (await follow(ports, run))
  const operation = CATALOGUE.get(run.operation)
  if (operation) return { run, operation }
  return void (await end(ports, run, { state: 'unknown', outcome: abandonedOutcome(UNKNOWN_OPERATION) }))
}

/** An observation that takes longer is better repeated later: other runs wait for their slot. */
const OBSERVE_MS = 10_000

interface Concluded {
  run: Run
  /** The state in which it continues, unless it ends. */
  state: 'tracking' | 'verifying'
  conclusion: Conclusion
  /** The run as its work was seen done, where it was verified in the same step. */
  shownBy?: Run
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

/** @returns whether it was written */
async function advanceOrEnd(
  ports: Ports,
  known: Omit<Timed, 'run'>,
  { run, state, conclusion, shownBy }: Concluded,
): Promise<boolean> {
  const changes = { ...conclusion.changes, step: run.step + 1 }
  const observed = { ...run, ...changes, state }
  const now = ports.clock()
  const ending = endingOf(observed, conclusion, now)
  if (ending) {
    const isWritten = await end(ports, observed, ending)
    if (isWritten && ending.outcome.providerDone) await learn(ports, shownBy ?? observed, ports.random())
    return isWritten
  }
  const timed = { run: observed, ...known }
  const slow = await noticeSlow(ports, timed, now)
  const delayMs = nextPollMs(ports.random, timed, now)
  // One observation is at the deadline, the last a little later. Any that is still needed then comes soon.
  const ends = [Date.parse(run.deadlineAt), lastObservationMs(run)].filter((at) => at > now)
  const { soonMs = ends.length === 0 ? LATE_OBSERVATION_MS : delayMs, againMs = delayMs } = conclusion
  const waitMs = Math.min(delayMs, soonMs, againMs, ...ends.map((at) => at - now))
  const next = await advance(ports, run, { afterMs: waitMs, state, ...changes, ...slow })
  return next !== undefined
}

function endingOf(run: Run, { end, done, note }: Conclusion, nowMs: number): Ending | undefined {
  if (end || !done) return end
  return { state: 'succeeded', outcome: succeededOutcome(run, { proofs: run.proofs, note, nowMs }) }
}

const LATE_OBSERVATION_MS = 10_000
