import { CATALOGUE } from '../cloud/catalogue.ts'
import { CloudError } from '../cloud/errors.ts'
import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import { mayPass } from '../cloud/retry.ts'
import type { Trace } from '../cloud/tracking.ts'
import { orCloudError, readerOf } from './ask.ts'
import { enqueue } from './chain.ts'
import { changed } from './change.ts'
import { finish } from './finish.ts'
import type { Ports } from './ports.ts'
import { counted, SOUGHT } from './progress.ts'
import type { Progress, Run } from './run.ts'
import { deadlineOf, IN_HAND_MS, plusMs, pollDelaySeconds } from './schedule.ts'
import { rulesOf } from './states.ts'

/**
 * What is found in `submitting` was sent, perhaps, and nobody wrote down what came of it: the worker was lost, or the
 * answer was. It is looked for at the provider, for a while, for a request may arrive late and its work show later:
 * found, it is adopted and followed; provably not begun, it is sent again, once; else it ends as `unknown` and says what
 * was seen.
 */

/** A call has 30 s, and what it sent may be on its way for two minutes more: only after that does absence say something. */
const QUIET_MS = 180_000

/** Proof of absence is seen so often in a row. */
const MIN_LOOKS = 3

const EVERY_SECONDS = 20

const MAX_RESENT = 1

/** One look. The caller has seen that it is time for one. @param deadlineAtMs when this invocation must be done (epoch ms) */
export async function reconcile(ports: Ports, run: Run, deadlineAtMs: number): Promise<void> {
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return giveUp(ports, run, run.progress)
  const now = ports.clock()
  // The sender's own answer, should it come yet, is written over this.
  const sentAt = run.sentAt ?? run.updatedAt
  const claimed = changed(run, 'submitting', { sentAt, nextAt: plusMs(now, IN_HAND_MS.submit) }, now)
  if (!(await ports.store.save(claimed))) return
  const { target, params, baseline } = claimed
  const facts = { target, params, baseline, sentAtMs: sentAtMs(claimed) }
  const trace = await orCloudError(operation.tracking.trace(readerOf(ports, claimed, deadlineAtMs), facts))
  if (!(trace instanceof CloudError) && 'begun' in trace) return adopt(ports, claimed, operation, trace)
  await decide(ports, claimed, trace)
}

async function adopt(
  ports: Ports,
  run: Run,
  operation: LifecycleOperation,
  { begun, jobId, said }: Extract<Trace, { begun: unknown }>,
): Promise<void> {
  const now = ports.clock()
  ports.log('info', 'found under way', { runId: run.id, said, jobId })
  const state = begun === 'done' && operation.tracking.verify ? 'verifying' : 'tracking'
  const delay = pollDelaySeconds(operation.tracking, 0, ports.random())
  const progress = { ...run.progress, said, streak: 0, seen: counted(run.progress.seen, `found ${said}`) }
  const times = {
    acceptedAt: run.sentAt,
    nextAt: plusMs(now, delay * 1000),
    deadlineAt: deadlineOf(run, operation, now),
  }
  const found = changed(run, state, { progress, ...times, ...(jobId ? { job: { id: jobId } } : {}) }, now)
  if (await ports.store.save(found)) await enqueue(ports, found, delay)
}

/** Nothing was found: look again, send again, or give up. */
async function decide(ports: Ports, run: Run, trace: Exclude<Trace, { begun: unknown }> | CloudError): Promise<void> {
  const now = ports.clock()
  const progress = advance(run.progress, trace)
  const isProof = !(trace instanceof CloudError) && 'notBegun' in trace && progress.streak >= MIN_LOOKS
  const isOver = now - sentAtMs(run) >= QUIET_MS && !(trace instanceof CloudError && mayPass(trace.facts))
  if (isOver && isProof && run.resent < MAX_RESENT) return sendAgain(ports, run, progress)
  const { at } = rulesOf('submitting').late
  if (isOver || plusMs(now, EVERY_SECONDS * 1000) >= at(run)) return giveUp(ports, run, progress)
  const next = changed(run, 'submitting', { progress, nextAt: plusMs(now, EVERY_SECONDS * 1000) }, now)
  if (await ports.store.save(next)) await enqueue(ports, next, EVERY_SECONDS)
}

function advance(progress: Progress, trace: Exclude<Trace, { begun: unknown }> | CloudError): Progress {
  if (trace instanceof CloudError) {
    const { code, kind } = trace.facts
    return { ...progress, streak: 0, seen: counted(progress.seen, `${SOUGHT}error ${code ?? kind}`) }
  }
  const said = 'notBegun' in trace ? trace.notBegun : trace.unclear
  const streak = 'notBegun' in trace ? progress.streak + 1 : 0
  return { ...progress, said, streak, seen: counted(progress.seen, `${SOUGHT}${said}`) }
}

async function sendAgain(ports: Ports, run: Run, progress: Progress): Promise<void> {
  const now = ports.clock()
  ports.log('warn', 'provably not begun; sent again', { runId: run.id, operation: run.operation })
  const changes = { resent: run.resent + 1, doubt: undefined, progress: { ...progress, streak: 0 } }
  const again = changed(run, 'queued', { ...changes, nextAt: new Date(now).toISOString() }, now)
  if (await ports.store.save(again)) await enqueue(ports, again, 0)
}

async function giveUp(ports: Ports, run: Run, progress: Progress): Promise<void> {
  await finish(ports, { ...run, progress }, 'unknown', unknownOutcome({ ...run, progress }))
}

/** How a run ends of which nobody can tell whether it has begun. */
export function unknownOutcome({ operation, doubt, progress }: Run): NonNullable<Run['outcome']> {
  const why = doubt ? `no clear answer to ${operation}` : `the worker was lost while ${operation} was being sent`
  const seen = Object.entries(progress.seen)
    .filter(([said]) => said.startsWith(SOUGHT))
    .map(([said, count]) => `${said.slice(SOUGHT.length)} x${count}`)
  return {
    summary: `${why}, which may have begun; looked for afterwards: ${seen.join(', ') || 'nothing'}. It is not sent again: check the instance or cluster, and its tasks, in the console`,
    providerDone: false,
    ...(doubt ? { error: doubt } : {}),
  }
}

/** Written with the intent, or by the first look. */
function sentAtMs({ sentAt, updatedAt }: Run): number {
  return Date.parse(sentAt ?? updatedAt)
}
