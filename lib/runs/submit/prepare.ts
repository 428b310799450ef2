import { CloudError } from '../../cloud/errors.ts'
import type { LifecycleOperation, Readiness } from '../../services/lifecycle.ts'
import type { RunCloud, RunOperation } from '../cloud-for.ts'
import { orCloudError } from '../or-cloud-error.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { CLAIM_MS, plusMs } from '../schedule.ts'
import { claim } from '../transition.ts'

export type Prepared =
  | 'ready'
  /** Another worker was faster. */
  | 'lost'
  /** It is in progress, and is asked for again later. */
  | { wait: string; run: Run }
  /** It is impossible for this resource. */
  | { refused: string; run: Run; error?: CloudError }
  /** The question or the request for it failed; nothing has begun. */
  | { failure: CloudError; run: Run }

/**
 * Makes what an operation needs before it, e.g. a backup. The request for it is recorded before it is sent, so that a crash
 * never makes two; its progress is observed.
 */
export async function prepare(ports: Ports, subject: RunOperation, cloud: RunCloud): Promise<Prepared> {
  const readiness = await cloud.readiness()
  if (readiness instanceof CloudError) return notPrepared(subject, readiness)
  if (readiness === 'ready') return readiness
  return 'wait' in readiness || 'refused' in readiness
    ? { ...readiness, run: subject.run }
    : sendFirst(ports, subject, readiness)
}

async function sendFirst(
  ports: Ports,
  { run, operation }: RunOperation,
  { first, observed }: Extract<Readiness, { observed: string }>,
): Promise<Prepared> {
  // The claim keeps a repeated message and the sweeper away until the request is over.
  const named = operation.preparation ? { preparation: operation.preparation.name } : {}
  const intent = await claim(ports, run, { forMs: CLAIM_MS, preparedAt: plusMs(ports.clock(), 0), ...named })
  if (!intent) return 'lost'
  const sent = await orCloudError(first)
  // The next observation shows whether it has begun in spite of the error.
  if (!(sent instanceof CloudError) || sent.facts.change === 'unknown') return { wait: observed, run: intent }
  const { preparedAt, preparation, ...unprepared } = intent
  return notPrepared({ run: unprepared, operation }, sent)
}

/** If the resource cannot be prepared at all, the text names how to run without that. */
export function notPrepared(
  { run, operation: { preparation } }: { run: Run; operation: Pick<LifecycleOperation, 'preparation'> },
  error: CloudError,
): Extract<Prepared, { failure: CloudError } | { refused: string }> {
  if (error.facts.kind !== 'unsupported') return { failure: error, run }
  return { refused: `${error.message}. ${preparation?.without}`, run, error }
}
