import { inParallel, throwFailures } from '../../basics/parallel.ts'
import { CloudError } from '../../cloud/errors.ts'
import { callBatch } from '../../services/batch.ts'
import type { Acceptance, LifecycleOperation } from '../../services/lifecycle.ts'
import { errorOf } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import { type Failure, placeOf, type Run } from '../run.ts'
import { plusMs, pollDelaySeconds } from '../schedule.ts'
import { advance, end } from '../transition.ts'
import { postponeOrFail } from './postpone-or-fail.ts'

/** A run whose intent is written: it is sent now, or never without having looked what became of it. */
export interface Intent {
  run: Run
  operation: LifecycleOperation
}

/** Sends runs whose intents are written: one call for all that one call takes, then what came of it is written for each. */
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
  const answers = await callBatch(ports.call, operation, { orders, context: placeOf(first.run, deadlineAtMs) })
  const answered = group.map(({ run }, index) => ({ run, answer: answers[index] ?? { unclear: 'no answer' } }))
  // What fails of one keeps nobody else back: its intent is written.
  const { failures } = await inParallel(answered, ({ run, answer }) => writeAnswer(ports, run, operation, answer))
  throwFailures(failures)
}

/** So soon is it looked for what became of a call that had no clear answer. */
const SEEK_MS = 10_000

async function writeAnswer(
  ports: Ports,
  run: Run,
  operation: LifecycleOperation,
  answer: Acceptance | CloudError,
): Promise<void> {
  if (answer instanceof CloudError) {
    const isClear = answer.facts.change === 'none'
    return isClear ? postponeOrFail(ports, run, { operation, error: answer }) : inDoubt(ports, run, errorOf(answer))
  }
  if ('unclear' in answer) return inDoubt(ports, run, { kind: 'unreadable', message: answer.unclear })
  if ('refused' in answer) {
    const outcome = { summary: answer.refused, providerDone: true }
    return end(ports, { ...run, sentAt: undefined }, 'failed', outcome)
  }
  const { jobId, requestId } = answer
  ports.log('info', 'provider took it on', { runId: run.id, operation: run.operation, jobId, requestId })
  const handles = { ...(jobId ? { job: { id: jobId } } : {}), ...(requestId ? { requestId } : {}) }
  const afterMs = pollDelaySeconds(operation.tracking, 0, ports.random()) * 1000
  await saveTaken(ports, run, (intent) =>
    advance(ports, intent, { afterMs, state: 'tracking', ...handles, acceptedAt: plusMs(ports.clock(), 0) }),
  )
}

async function inDoubt(ports: Ports, run: Run, doubt: Failure): Promise<void> {
  const { id: runId, operation } = run
  ports.log('warn', 'answer lost', { runId, operation, error: doubt })
  await advance(ports, run, { afterMs: SEEK_MS, doubt })
}

const MAX_ATTEMPTS = 5

/**
 * Writes that the provider took it on, also where somebody else began to look for it meanwhile: whoever has the answer
 * knows best. Not where the run has gone on since.
 */
async function saveTaken(ports: Ports, sent: Run, take: (intent: Run) => Promise<Run | undefined>): Promise<void> {
  let intent: Run | undefined = sent
  for (let attempt = 0; intent?.state === 'submitting' && intent.sentAt === sent.sentAt; attempt++) {
    if (await take(intent)) return
    if (attempt === MAX_ATTEMPTS) break
    intent = await ports.store.get(sent.id)
  }
  ports.log('warn', 'the answer came too late for its run', { runId: sent.id, state: intent?.state })
}
