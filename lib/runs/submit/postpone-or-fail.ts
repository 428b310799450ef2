import type { CloudError } from '../../cloud/errors.ts'
import { mayPass } from '../../cloud/retry.ts'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import { BEFORE, counted } from '../observations.ts'
import { errorOf, hintFor, notSent } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { busyDelaySeconds, CLAIM_MS, plusMs, pollDelaySeconds } from '../schedule.ts'
import { advance, end } from '../transition.ts'
import type { Prepared } from './prepare.ts'

/** What becomes of a run that could not be sent: it waits for better times, or it ends and says why. */

/** The provider refused it, or was not reached. */
export async function postponeOrFail(
  ports: Ports,
  run: Run,
  { operation, error }: { operation: LifecycleOperation; error: CloudError },
): Promise<void> {
  const busyAnswers = run.busyAnswers + 1
  const delay = Math.max(busyDelaySeconds(busyAnswers, ports.random()), (error.facts.retryAfterMs ?? 0) / 1000)
  const afterMs = delay * 1000
  const deadlineAt = run.sendByAt ?? run.deadlineAt
  const { byState, otherShape } = error.facts
  // The gate lets it through, the cloud does not: what it shows may lag, but not for so long.
  const stateRefusals = byState || otherShape ? (run.stateRefusals ?? 0) + 1 : 0
  const insists = error.facts.kind === 'precondition' && isPrepared(run, operation) && !run.insists && !run.preparedAt
  const unasked = isPrepared(run, operation) ? undefined : operation.preparation
  const isHopeless =
    (!mayPass(error.facts) && !insists) || stateRefusals >= (byState ? MAX_STATE_REFUSALS : MAX_OTHER_SHAPES)
  if (isHopeless || plusMs(ports.clock(), afterMs + CLAIM_MS.submit) > deadlineAt) {
    const outcome = { ...notSent(run, error.message, hintFor(error.facts, unasked)), error: errorOf(error) }
    return end(ports, { ...run, sentAt: undefined, sendByAt: undefined, deadlineAt }, 'failed', outcome)
  }
  const progress = { ...run.progress, lastObserved: error.message }
  const unsent = { sentAt: undefined, sendByAt: undefined, deadlineAt, stateRefusals, ...(insists ? { insists } : {}) }
  await advance(ports, run, { afterMs, state: 'queued', busyAnswers, progress, ...unsent })
}

/** Whether it was asked to prepare it: what the cloud found is not good enough, and one of its own is made, once. */
function isPrepared({ params }: Run, { preparation }: LifecycleOperation): boolean {
  return (preparation?.minutes(params) ?? 0) > 0
}

/** Over nearly four minutes: a status lags for up to two. */
const MAX_STATE_REFUSALS = 5

/** What nobody could read so often will not be readable the next time. */
const MAX_OTHER_SHAPES = 3

/** How long until a preparation is looked at again. */
const PREPARATION = { firstWaitSeconds: 15, everySeconds: 15 }

export async function waitForPreparation(
  ports: Ports,
  operation: LifecycleOperation,
  prepared: Exclude<Prepared, 'ready'>,
): Promise<void> {
  if (prepared === 'lost') return
  if ('refused' in prepared) {
    const error = prepared.error ? { error: errorOf(prepared.error) } : {}
    // What was asked for before it has ended, one way or the other.
    const outcome = { ...notSent(prepared.run, prepared.refused), providerDone: true }
    return end(ports, prepared.run, 'failed', { ...outcome, ...error })
  }
  if ('failure' in prepared) return postponeOrFail(ports, prepared.run, { operation, error: prepared.failure })
  const afterMs = pollDelaySeconds(PREPARATION, 0, ports.random()) * 1000
  const observedCounts = counted(prepared.run.progress.observedCounts, `${BEFORE}${prepared.wait}`)
  const progress = { ...prepared.run.progress, lastObserved: prepared.wait, observedCounts }
  await advance(ports, prepared.run, { afterMs, progress })
}
