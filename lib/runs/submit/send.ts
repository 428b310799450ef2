import { inParallel, throwFailures } from '../../basics/parallel.ts'
import { CloudError } from '../../cloud/errors.ts'
import { callBatch } from '../../services/batch.ts'
import type { Acceptance } from '../../services/lifecycle.ts'
import { errorOf } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import { callContextOf, type Failure, type Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { firstPollMs, type Timed } from '../track/pace.ts'
import { advance, end } from '../transition.ts'
import { postponeOrFail } from './postpone-or-fail.ts'

/** A run whose intent is written: it is sent now, or never without reconciling it first. */
export type Intent = Timed

/** Sends runs whose intents are written, as many in one call as one call takes; then writes each answer to its run. */
export async function send(ports: Ports, intents: Intent[], deadlineAtMs: number): Promise<void> {
  const groups = Map.groupBy(intents, ({ run }) =>
    JSON.stringify([run.operation, run.target.account, run.target.region, run.params]),
  )
  const { failures } = await inParallel([...groups.values()], (group) => sendGroup(ports, group, deadlineAtMs))
  throwFailures(failures)
}

async function sendGroup(ports: Ports, group: Intent[], deadlineAtMs: number): Promise<void> {
  const [first] = group
  if (!first) return
  const { operation } = first
  const orders = group.map(({ run }) => ({ target: run.target, params: run.params, baseline: run.baseline }))
  const answers = await callBatch(ports.call, operation, {
    orders,
    context: callContextOf(first.run, deadlineAtMs),
  })
  const answered = group.map((intent, index) => ({ intent, answer: answers[index] ?? { unclear: 'no answer' } }))
  // A failure to write one answer must not stop the others: their intents are written.
  const { failures } = await inParallel(answered, ({ intent, answer }) => writeAnswer(ports, intent, answer))
  throwFailures(failures)
}

/** The wait before a call without a clear answer is reconciled. */
const RECONCILE_AFTER_MS = 10_000

async function writeAnswer(ports: Ports, intent: Intent, answer: Acceptance | CloudError): Promise<void> {
  const { run, operation } = intent
  if (answer instanceof CloudError) {
    const isClear = answer.facts.change === 'none'
    return isClear ? postponeOrFail(ports, { run, operation }, answer) : writeDoubt(ports, run, errorOf(answer))
  }
  if ('unclear' in answer) return writeDoubt(ports, run, { kind: 'unreadable', message: answer.unclear })
  if ('refused' in answer) {
    const outcome = { summary: answer.refused, providerDone: true }
    return void (await end(ports, { ...run, sentAt: undefined }, { state: 'failed', outcome }))
  }
  const { jobId, requestId } = answer
  ports.log('info', 'provider accepted the request', { runId: run.id, operation: run.operation, jobId, requestId })
  const handles = { ...(jobId ? { job: { id: jobId } } : {}), ...(requestId ? { requestId } : {}) }
  const afterMs = firstPollMs(ports, intent)
  await writeAcceptance(ports, run, (sent) =>
    advance(ports, sent, { afterMs, state: 'tracking', ...handles, acceptedAt: plusMs(ports.clock(), 0) }),
  )
}

async function writeDoubt(ports: Ports, run: Run, doubt: Failure): Promise<void> {
  const { id: runId, operation } = run
  ports.log('warn', 'no clear answer', { runId, operation, error: doubt })
  await advance(ports, run, { afterMs: RECONCILE_AFTER_MS, doubt })
}

const MAX_ATTEMPTS = 5

/**
 * Writes that the provider accepted the run, even if another worker has begun to reconcile it meanwhile: the worker that has the
 * answer knows best. Does nothing where the run has advanced since.
 */
async function writeAcceptance(
  ports: Ports,
  sent: Run,
  write: (intent: Run) => Promise<Run | undefined>,
): Promise<void> {
  let intent: Run | undefined = sent
  for (let attempt = 0; intent?.state === 'submitting' && intent.sentAt === sent.sentAt; attempt++) {
    if (await write(intent)) return
    if (attempt === MAX_ATTEMPTS) break
    intent = await ports.store.get(sent.id)
  }
  ports.log('warn', 'the answer came too late for its run', { runId: sent.id, state: intent?.state })
}
