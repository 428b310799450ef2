import { CloudError } from '../../cloud/errors.ts'
import type { LifecycleOperation, Readiness } from '../../services/lifecycle.ts'
import { orCloudError, readerOf } from '../ask.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { CLAIM_MS, plusMs } from '../schedule.ts'
import { claim } from '../transition.ts'

export type Prepared =
  | 'ready'
  /** Somebody else was faster. */
  | 'lost'
  /** Ask again later: what is going on. */
  | { wait: string; run: Run }
  /** It cannot be done for this resource. */
  | { refused: string; run: Run; error?: CloudError }
  /** It could not be asked, or asked for; nothing has begun. */
  | { failure: CloudError; run: Run }

/**
 * What an operation wants to be done before it, e.g. a backup. That it was asked for is written before it is sent, so that
 * a crash never makes two; how it goes on is seen by looking.
 */
export async function prepare(
  ports: Ports,
  run: Run,
  operation: LifecycleOperation,
  deadlineAtMs: number,
): Promise<Prepared> {
  if (!operation.preparation) return 'ready'
  const readiness = await orCloudError(readinessOf(ports, run, operation.preparation, deadlineAtMs))
  if (readiness instanceof CloudError) return notPrepared(readiness, operation, run)
  if (readiness === 'ready') return readiness
  return 'wait' in readiness || 'refused' in readiness
    ? { ...readiness, run }
    : sendFirst(ports, run, operation, readiness)
}

/** One look at how far the preparation is. */
export async function readinessOf(
  ports: Ports,
  run: Run,
  { readiness }: NonNullable<LifecycleOperation['preparation']>,
  deadlineAtMs: number,
): Promise<Readiness> {
  return readiness(readerOf(ports, run, deadlineAtMs), {
    target: run.target,
    params: run.params,
    mark: `steadyhand ${run.id}`,
    nowMs: ports.clock(),
    insists: run.insists,
    firstSentAtMs: run.preparedAt === undefined ? undefined : Date.parse(run.preparedAt),
  })
}

async function sendFirst(
  ports: Ports,
  run: Run,
  operation: LifecycleOperation,
  { first, observed }: Extract<Readiness, { observed: string }>,
): Promise<Prepared> {
  // A repeat of the message, and the sweeper, keep away until this is over.
  const named = operation.preparation ? { preparation: operation.preparation.name } : {}
  const intent = await claim(ports, run, { forMs: CLAIM_MS.submit, preparedAt: plusMs(ports.clock(), 0), ...named })
  if (!intent) return 'lost'
  const sent = await orCloudError(first())
  // Where it may have begun all the same, the next look tells.
  if (!(sent instanceof CloudError) || sent.facts.change === 'unknown') return { wait: observed, run: intent }
  const { preparedAt, preparation, ...unprepared } = intent
  return notPrepared(sent, operation, unprepared)
}

/** Where the resource cannot be prepared at all, people may choose to go without. */
export function notPrepared(
  error: CloudError,
  { preparation }: Pick<LifecycleOperation, 'preparation'>,
  run: Run,
): Extract<Prepared, { failure: CloudError } | { refused: string }> {
  if (error.facts.kind !== 'unsupported') return { failure: error, run }
  return { refused: `${error.message}. ${preparation?.without}`, run, error }
}
