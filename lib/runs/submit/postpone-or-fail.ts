import type { CloudError } from '../../cloud/errors.ts'
import { mayPass } from '../../cloud/retry.ts'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import type { RunOperation } from '../cloud-for.ts'
import { BEFORE_PREFIX, withCount } from '../observations.ts'
import { errorOf, hintFor, notSent } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import { busyDelaySeconds, CLAIM_MS, plusMs, pollDelaySeconds } from '../schedule.ts'
import { advance, end } from '../transition.ts'
import type { Prepared } from './prepare.ts'

/** A run that could not be sent waits, or it ends and says why. */

/** The provider refused the run, or was not reached. */
export async function postponeOrFail(ports: Ports, { run, operation }: RunOperation, error: CloudError): Promise<void> {
  const busyAnswers = run.busyAnswers + 1
  const delay = Math.max(busyDelaySeconds(busyAnswers, ports.random()), (error.facts.retryAfterMs ?? 0) / 1000)
  const afterMs = delay * 1000
  const deadlineAt = run.sendByAt ?? run.deadlineAt
  const { byState, otherShape } = error.facts
  // The gate allows it and the cloud refuses it: its reads may lag behind, but not for so long.
  const stateRefusals = byState || otherShape ? (run.stateRefusals ?? 0) + 1 : 0
  const asksPreparation = (operation.preparation?.minutes(run.params) ?? 0) > 0
  // The cloud did not accept the preparation that it had: one is made for this run, once.
  const insists = error.facts.kind === 'precondition' && asksPreparation && !run.insists && !run.preparedAt
  const isHopeless =
    (!mayPass(error.facts) && !insists) || stateRefusals >= (byState ? MAX_STATE_REFUSALS : MAX_OTHER_SHAPES)
  if (isHopeless || plusMs(ports.clock(), afterMs + CLAIM_MS) > deadlineAt) {
    const hint = hintFor(error.facts, asksPreparation ? undefined : operation.preparation)
    const outcome = { ...notSent(run, error.message, hint), error: errorOf(error) }
    return void (await end(
      ports,
      { ...run, sentAt: undefined, sendByAt: undefined, deadlineAt },
      { state: 'failed', outcome },
    ))
  }
  const progress = { ...run.progress, lastObserved: error.message }
  const unsent = { sentAt: undefined, sendByAt: undefined, deadlineAt, stateRefusals, ...(insists ? { insists } : {}) }
  await advance(ports, run, { afterMs, state: 'queued', busyAnswers, progress, ...unsent })
}

/** These take nearly four minutes; a status lags for up to two. */
const MAX_STATE_REFUSALS = 5

/** An answer that was unreadable this often will be unreadable the next time. */
const MAX_OTHER_SHAPES = 3

/** The pace at which a preparation is observed. */
const PREPARATION = { firstWaitSeconds: 15, everySeconds: 15 }

export async function waitForPreparation(
  ports: Ports,
  operation: LifecycleOperation,
  prepared: Exclude<Prepared, 'ready'>,
): Promise<void> {
  if (prepared === 'lost') return
  const { run } = prepared
  if ('refused' in prepared) {
    const error = prepared.error ? { error: errorOf(prepared.error) } : {}
    // The preparation has ended, one way or the other.
    const outcome = { ...notSent(run, prepared.refused), providerDone: true, ...error }
    return void (await end(ports, run, { state: 'failed', outcome }))
  }
  if ('failure' in prepared) return postponeOrFail(ports, { run, operation }, prepared.failure)
  const afterMs = pollDelaySeconds(PREPARATION, 0, ports.random()) * 1000
  const observedCounts = withCount(run.progress.observedCounts, `${BEFORE_PREFIX}${prepared.wait}`)
  const progress = { ...run.progress, lastObserved: prepared.wait, observedCounts }
  await advance(ports, run, { afterMs, progress })
}
