import { CloudError } from '../../cloud/errors.ts'
import { mayPass } from '../../cloud/retry.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import type { Evidence } from '../../services/tracking.ts'
import { factsOf, orCloudError, readerOf } from '../ask.ts'
import { counted, SOUGHT, soughtIn } from '../observations.ts'
import { unknownOutcome } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import type { Progress, Run } from '../run.ts'
import { CLAIM_MS, CLOCKS_APART_MS, plusMs, pollDelaySeconds } from '../schedule.ts'
import { rulesOf } from '../states.ts'
import { advance, claim, end } from '../transition.ts'

/**
 * What is found in `submitting` was sent, perhaps, and nobody wrote down what came of it: the worker was lost, or the
 * answer was. It is looked for at the provider, for a while, for a request may arrive late and its work show later:
 * found, it is adopted and followed; else it ends as `unknown` and says what was seen. It is never sent again: lists lag, and
 * a request on its way may arrive until its signature is too old, so that nothing proves that it has not begun.
 */

/** A call has 30 s, and what it sent may be on its way for two minutes more; and clocks may be apart. */
const QUIET_MS = 180_000 + CLOCKS_APART_MS

const EVERY_MS = 20_000

/** So many looks are taken at least, also where nobody could look for a long time. */
const MIN_LOOKS = 3

/** One look. The caller has seen that it is time for one. @param deadlineAtMs when this invocation must be done (epoch ms) */
export async function reconcile(ports: Ports, run: Run, deadlineAtMs: number): Promise<void> {
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return giveUp(ports, run, run.progress)
  // The sender's own answer, should it come yet, is written over this.
  const sentAt = run.sentAt ?? run.updatedAt
  const claimed = await claim(ports, run, { forMs: CLAIM_MS.submit, sentAt })
  if (!claimed) return
  const read = readerOf(ports, claimed, deadlineAtMs)
  const trace = await orCloudError(operation.tracking.findEvidence(read, factsOf(claimed)))
  if (!(trace instanceof CloudError) && 'begun' in trace) return adopt(ports, claimed, trace)
  await lookAgainOrGiveUp(ports, claimed, trace)
}

async function adopt(
  ports: Ports,
  run: Run,
  { begun, jobId, observed }: Extract<Evidence, { begun: unknown }>,
): Promise<void> {
  ports.log('info', 'found under way', { runId: run.id, observed, jobId })
  const tracking = CATALOGUE.get(run.operation)?.tracking
  const state = begun === 'done' && tracking?.verify ? 'verifying' : 'tracking'
  const delay = tracking ? pollDelaySeconds(tracking, 0, ports.random()) : 0
  const progress = {
    ...run.progress,
    lastObserved: observed,
    consecutive: 0,
    observedCounts: counted(run.progress.observedCounts, `found ${observed}`),
  }
  // Its time counts from now: a request that arrived late shows late.
  const times = {
    acceptedAt: plusMs(ports.clock(), 0),
    mayArriveUntil: plusMs(sentAtMs(run), QUIET_MS),
  }
  const job = jobId ? { job: { id: jobId } } : {}
  await advance(ports, run, { afterMs: delay * 1000, state, progress, ...times, ...job })
}

async function lookAgainOrGiveUp(
  ports: Ports,
  run: Run,
  trace: Extract<Evidence, { unclear: unknown }> | CloudError,
): Promise<void> {
  const now = ports.clock()
  const progress = sought(run.progress, trace)
  const mayBeSeen = trace instanceof CloudError && mayPass(trace.facts) && !trace.facts.otherShape
  const isOver = now - sentAtMs(run) >= QUIET_MS && !mayBeSeen
  const isLate = plusMs(now, EVERY_MS) >= rulesOf('submitting').onDeadline.at(run)
  const looks = soughtIn(progress).reduce((sum, [, count]) => sum + count, 0)
  if (isOver || (isLate && looks >= MIN_LOOKS)) return giveUp(ports, run, progress)
  await advance(ports, run, { afterMs: EVERY_MS, progress })
}

function sought(progress: Progress, trace: Extract<Evidence, { unclear: unknown }> | CloudError): Progress {
  if (trace instanceof CloudError) {
    const { code, kind } = trace.facts
    return { ...progress, observedCounts: counted(progress.observedCounts, `${SOUGHT}error ${code ?? kind}`) }
  }
  return {
    ...progress,
    lastObserved: trace.unclear,
    observedCounts: counted(progress.observedCounts, `${SOUGHT}${trace.unclear}`),
  }
}

async function giveUp(ports: Ports, run: Run, progress: Progress): Promise<void> {
  await end(ports, { ...run, progress }, 'unknown', unknownOutcome({ ...run, progress }))
}

/** Written with the intent, or by the first look. */
function sentAtMs({ sentAt, updatedAt }: Run): number {
  return Date.parse(sentAt ?? updatedAt)
}
