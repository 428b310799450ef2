import { CloudError } from '../../cloud/errors.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import { isSameRequest } from '../accept/check-request.ts'
import { factsOf, orCloudError, readerOf } from '../ask.ts'
import type { Held } from '../lease/held.ts'
import { hasEnded } from '../lease/held.ts'
import { getInLine, noteRest, thoseInLine } from '../lease/lease.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { isFinal } from '../states.ts'
import { collide, wait } from './collide.ts'
import { readinessOf } from './prepare.ts'

/**
 * Another run has the resource. Where that one ended in doubt, what it left behind is looked at: once it is seen at rest
 * for a while, the lease passes on. Until then whoever asks waits, or is told, as with a live run.
 */
export async function contend(ports: Ports, run: Run, held: Held, deadlineAtMs: number): Promise<void> {
  if (!isFinal(held.by.state) || hasEnded(held.by)) return collide(ports, run, held)
  // The first in line looks for all who wait: ten who look at once are throttled, and see less than one.
  const [first] = await thoseInLine(ports, held.lease)
  if (first && first.id !== run.id) return collide(ports, run, held)
  const atRest = await isAtRest(ports, held.by, deadlineAtMs)
  await noteRest(ports, held, atRest)
  // What a withdrawn wish of the same kind has begun to prepare, this one needs as well.
  const isPreparing = held.by.sentAt === undefined && isSameRequest(held.by, run)
  if ((atRest || isPreparing) && (await getInLine(ports, run))) return wait(ports, run, held)
  await collide(ports, run, held)
}

/** Whether the work of a run that was given up has ended; undefined where that cannot be seen now. */
export async function isAtRest(ports: Ports, run: Run, deadlineAtMs: number): Promise<boolean | undefined> {
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return undefined
  const { preparation, tracking } = operation
  if (run.sentAt !== undefined) {
    const observation = await orCloudError(tracking.progress.observe(readerOf(ports, run, deadlineAtMs), factsOf(run)))
    return observation instanceof CloudError ? undefined : observation.verdict !== 'pending'
  }
  // It was never sent: only what must precede it may be at work.
  if (!preparation) return true
  const readiness = await orCloudError(readinessOf(ports, run, preparation, deadlineAtMs))
  if (readiness instanceof CloudError) return undefined
  return readiness === 'ready' || !('wait' in readiness)
}
