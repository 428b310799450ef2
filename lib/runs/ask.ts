import { CloudError } from '../cloud/errors.ts'
import type { Facts, Read } from '../services/tracking.ts'
import type { Ports } from './ports.ts'
import { placeOf, type Run } from './run.ts'

/** How a run asks its cloud: in its own account and region, and by when it must be done (epoch ms). */
export function readerOf(ports: Ports, run: Run, deadlineAtMs: number): Read {
  const place = placeOf(run, deadlineAtMs)
  return (read, input) => ports.call(read, input, place)
}

/** What a probe, or a search for its traces, is told of a run. */
export function factsOf(run: Run): Facts<Run['target']> {
  const { target, params, baseline, sentAt, createdAt, freeSince, job, sawWork } = run
  return {
    ...{ target, params, baseline, sentAtMs: Date.parse(sentAt ?? createdAt) },
    ...(freeSince ? { freeSinceMs: Date.parse(freeSince) } : {}),
    ...(job ? { jobId: job.id } : {}),
    ...(sawWork ? { sawWork } : {}),
  }
}

/** An answer, or why there is none. @throws whatever is a fault of ours */
export async function orCloudError<Answer>(asked: Promise<Answer>): Promise<Answer | CloudError> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof CloudError) return error
    throw error
  }
}
