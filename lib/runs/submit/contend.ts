import { CloudError } from '../../cloud/errors.ts'
import { CATALOGUE } from '../../services/catalogue.ts'
import { cloudFor } from '../cloud-for.ts'
import type { Held } from '../held.ts'
import { hasEnded } from '../held.ts'
import { joinLine, noteRest, runsInLine } from '../lease/lease.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../run.ts'
import { isSameRequest } from '../same-request.ts'
import { isFinal } from '../states.ts'
import { collide, wait } from './collide.ts'

/**
 * Handles a run whose resource another run has. If that one ended in doubt, its work is observed: once the resource has been at
 * rest for a while, the lease passes on. Until then this run waits or is refused, as with a live run.
 */
export async function contend(
  ports: Ports,
  { run, held }: { run: Run; held: Held },
  deadlineAtMs: number,
): Promise<void> {
  if (!isFinal(held.by.state) || hasEnded(held.by)) return collide(ports, run, held)
  // The first in line observes for all that wait: ten that ask at once are throttled, and see less than one.
  const inLine = await runsInLine(ports, held.lease)
  const first = inLine.find(({ heldBackUntil }) => heldBackUntil === undefined)
  if (first && first.id !== run.id) return collide(ports, run, held)
  const atRest = await isAtRest(ports, held.by, deadlineAtMs)
  await noteRest(ports, held, { atRest })
  // This run also needs what a cancelled run of the same request has begun to prepare.
  const isPreparing = held.by.sentAt === undefined && isSameRequest(held.by, run)
  if ((atRest || isPreparing) && (await joinLine(ports, run))) return wait(ports, run, held)
  await collide(ports, run, held)
}

/** Whether the work of a run that ended in doubt has ended; undefined where that cannot be observed now. */
export async function isAtRest(ports: Ports, run: Run, deadlineAtMs: number): Promise<boolean | undefined> {
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return undefined
  const cloud = cloudFor(ports, { run, operation }, deadlineAtMs)
  if (run.sentAt !== undefined) {
    const observation = await cloud.observe(operation.tracking.progress)
    return observation instanceof CloudError ? undefined : observation.verdict !== 'pending'
  }
  // It was never sent: only its preparation may be in progress.
  const readiness = await cloud.readiness()
  if (readiness instanceof CloudError) return undefined
  return readiness === 'ready' || !('wait' in readiness)
}
