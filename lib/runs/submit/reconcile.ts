import { CloudError } from '../../cloud/errors.ts'
import { mayPass } from '../../cloud/retry.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import type { Evidence } from '../../services/tracking.ts'
import { cloudFor, type RunOperation } from '../cloud-for.ts'
import { EVIDENCE_PREFIX, evidenceCounts, withCount } from '../observations.ts'
import { unknownOutcome } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import type { Progress, Run } from '../run.ts'
import { CLAIM_MS, CLOCKS_APART_MS, plusMs, pollDelaySeconds } from '../schedule.ts'
import { rulesOf } from '../states.ts'
import { advance, claim, end } from '../transition.ts'

/**
 * A run found in `submitting` may have been sent, and its answer was not recorded: the worker or the answer was lost. Its
 * evidence is searched for at the provider for a while, for a request may arrive late and its work show later. With evidence,
 * the run is followed; without, it ends as `unknown` and names what was observed. It is never sent again: lists lag, and a
 * request may arrive until its signature is too old, so that nothing proves that it has not begun.
 */

/** A call has 30 s, its request may take two minutes more to arrive, and clocks may be apart. */
const QUIET_MS = 180_000 + CLOCKS_APART_MS

const EVERY_MS = 20_000

/** The least number of searches, even after a long time in which nobody could search. */
const MIN_SEARCHES = 3

/** Makes one search; the caller knows that one is due. @param deadlineAtMs when this invocation must be done (epoch ms) */
export async function reconcile(ports: Ports, run: Run, deadlineAtMs: number): Promise<void> {
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return endAsUnknown(ports, run, run.progress)
  // The sender's own answer, if it still comes, is written over this.
  const sentAt = run.sentAt ?? run.updatedAt
  const claimed = await claim(ports, run, { forMs: CLAIM_MS, sentAt })
  if (!claimed) return
  const subject = { run: claimed, operation }
  const evidence = await cloudFor(ports, subject, deadlineAtMs).findEvidence()
  if (!(evidence instanceof CloudError) && 'begun' in evidence) return followFound(ports, subject, evidence)
  await searchAgainOrEnd(ports, claimed, evidence)
}

async function followFound(
  ports: Ports,
  { run, operation: { tracking } }: RunOperation,
  { begun, jobId, observed }: Extract<Evidence, { begun: unknown }>,
): Promise<void> {
  ports.log('info', 'found in progress', { runId: run.id, observed, jobId })
  const state = begun === 'done' && tracking.verify ? 'verifying' : 'tracking'
  const delay = pollDelaySeconds(tracking, 0, ports.random())
  const progress = {
    ...run.progress,
    lastObserved: observed,
    consecutive: 0,
    observedCounts: withCount(run.progress.observedCounts, `found ${observed}`),
  }
  // Its time counts from now: a request that arrived late shows late.
  const times = {
    acceptedAt: plusMs(ports.clock(), 0),
    mayArriveUntil: plusMs(sentAtMs(run), QUIET_MS),
  }
  const job = jobId ? { job: { id: jobId } } : {}
  await advance(ports, run, { afterMs: delay * 1000, state, progress, ...times, ...job })
}

type NoEvidence = Extract<Evidence, { unclear: unknown }> | CloudError

async function searchAgainOrEnd(ports: Ports, run: Run, found: NoEvidence): Promise<void> {
  const now = ports.clock()
  const progress = progressAfterSearch(run.progress, found)
  const mayBeSeen = found instanceof CloudError && mayPass(found.facts) && !found.facts.otherShape
  const isOver = now - sentAtMs(run) >= QUIET_MS && !mayBeSeen
  const isPastDeadline = plusMs(now, EVERY_MS) >= rulesOf('submitting').onDeadline.at(run)
  const searches = evidenceCounts(progress).reduce((sum, [, count]) => sum + count, 0)
  if (isOver || (isPastDeadline && searches >= MIN_SEARCHES)) return endAsUnknown(ports, run, progress)
  await advance(ports, run, { afterMs: EVERY_MS, progress })
}

function progressAfterSearch(progress: Progress, found: NoEvidence): Progress {
  if (found instanceof CloudError) {
    const { code, kind } = found.facts
    return {
      ...progress,
      observedCounts: withCount(progress.observedCounts, `${EVIDENCE_PREFIX}error ${code ?? kind}`),
    }
  }
  return {
    ...progress,
    lastObserved: found.unclear,
    observedCounts: withCount(progress.observedCounts, `${EVIDENCE_PREFIX}${found.unclear}`),
  }
}

async function endAsUnknown(ports: Ports, run: Run, progress: Progress): Promise<void> {
  await end(ports, { ...run, progress }, { state: 'unknown', outcome: unknownOutcome({ ...run, progress }) })
}

/** Written with the intent, or by the first search. */
function sentAtMs({ sentAt, updatedAt }: Run): number {
  return Date.parse(sentAt ?? updatedAt)
}
