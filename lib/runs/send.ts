import { CloudError } from '../cloud/errors.ts'
import type { Acceptance, LifecycleOperation } from '../cloud/lifecycle.ts'
import { callTogether } from '../cloud/together.ts'
import { enqueue } from './chain.ts'
import { changed } from './change.ts'
import { finish } from './finish.ts'
import { errorOf, notBegun } from './not-begun.ts'
import type { Ports } from './ports.ts'
import { type Failure, placeOf, type Run } from './run.ts'
import { plusMs, pollDelaySeconds } from './schedule.ts'

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
  await all([...groups.values()].map((group) => sendGroup(ports, group, deadlineAtMs)))
}

/** What fails of one keeps nobody else back: its intent is written. @throws what the first threw, when all are done */
async function all(works: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((one) => one.status === 'rejected')
  if (failed) throw failed.reason
}

async function sendGroup(ports: Ports, group: Intent[], deadlineAtMs: number): Promise<void> {
  const [first] = group
  if (!first) return
  const { operation } = first
  const orders = group.map(({ run }) => ({ target: run.target, params: run.params, baseline: run.baseline }))
  const answers = await callTogether(ports.call, operation, orders, placeOf(first.run, deadlineAtMs))
  await all(
    group.map(({ run }, index) => writeAnswer(ports, run, operation, answers[index] ?? { unclear: 'no answer' })),
  )
}

/** So soon is it looked for what became of a call that had no clear answer. */
const SEEK_SECONDS = 10

async function writeAnswer(
  ports: Ports,
  run: Run,
  operation: LifecycleOperation,
  answer: Acceptance | CloudError,
): Promise<void> {
  if (answer instanceof CloudError) {
    const isClear = answer.facts.change === 'none'
    return isClear ? notBegun(ports, run, answer) : inDoubt(ports, run, errorOf(answer))
  }
  if ('unclear' in answer) return inDoubt(ports, run, { kind: 'unreadable', message: answer.unclear })
  if ('refused' in answer) {
    const outcome = { summary: answer.refused, providerDone: true }
    return finish(ports, { ...run, sentAt: undefined }, 'failed', outcome)
  }
  const { jobId, requestId } = answer
  ports.log('info', 'provider took it on', { runId: run.id, operation: run.operation, jobId, requestId })
  const delay = pollDelaySeconds(operation.tracking, 0, ports.random())
  await saveTaken(ports, run, (now, intent) => {
    const handles = { ...(jobId ? { job: { id: jobId } } : {}), ...(requestId ? { requestId } : {}) }
    const times = { acceptedAt: new Date(now).toISOString(), nextAt: plusMs(now, delay * 1000) }
    return changed(intent, 'tracking', { ...handles, ...times }, now)
  })
}

async function inDoubt(ports: Ports, run: Run, doubt: Failure): Promise<void> {
  const { id: runId, operation } = run
  ports.log('warn', 'answer lost', { runId, operation, error: doubt })
  const now = ports.clock()
  const next = changed(run, 'submitting', { doubt, nextAt: plusMs(now, SEEK_SECONDS * 1000) }, now)
  if (await ports.store.save(next)) await enqueue(ports, next, SEEK_SECONDS)
}

const MAX_ATTEMPTS = 5

/**
 * Writes that the provider took it on, also where somebody else began to look for it meanwhile: whoever has the answer
 * knows best. Not where the run has gone on since.
 */
async function saveTaken(ports: Ports, sent: Run, taken: (now: number, intent: Run) => Run): Promise<void> {
  let intent: Run | undefined = sent
  for (let attempt = 0; intent?.state === 'submitting' && intent.sentAt === sent.sentAt; attempt++) {
    const next = taken(ports.clock(), intent)
    if (await ports.store.save(next)) {
      return enqueue(ports, next, (Date.parse(next.nextAt) - ports.clock()) / 1000)
    }
    if (attempt === MAX_ATTEMPTS) break
    intent = await ports.store.get(sent.id)
  }
  ports.log('warn', 'the answer came too late for its run', { runId: sent.id, state: intent?.state })
}
