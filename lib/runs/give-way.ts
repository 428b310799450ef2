import { CATALOGUE } from '../cloud/catalogue.ts'
import { CloudError } from '../cloud/errors.ts'
import { factsOf, orCloudError, readerOf } from './ask.ts'
import { collide, wait } from './collide.ts'
import { type Held, noteRest } from './lease.ts'
import type { Ports } from './ports.ts'
import { readinessOf } from './prepare.ts'
import type { Run } from './run.ts'
import { isFinal } from './states.ts'

/**
 * Another run has the resource. Where that one ended in doubt, what it left behind is looked at: once it is seen at rest
 * for a while, the lease passes on. Until then whoever asks waits, or is told, as with a live run.
 */
export async function giveWay(ports: Ports, run: Run, held: Held, deadlineAtMs: number): Promise<void> {
  if (!isFinal(held.by.state)) return collide(ports, run, held)
  const atRest = await isAtRest(ports, held.by, deadlineAtMs)
  await noteRest(ports, held, atRest)
  // What a withdrawn wish of the same kind has begun to prepare, this one needs as well.
  const isPreparing = held.by.sentAt === undefined && held.by.fingerprint === run.fingerprint
  await (atRest || isPreparing ? wait(ports, run, held) : collide(ports, run, held))
}

/** Whether the work of a run that was given up has ended; what cannot be seen has not. */
export async function isAtRest(ports: Ports, run: Run, deadlineAtMs: number): Promise<boolean> {
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return false
  const { preparation, tracking } = operation
  if (run.sentAt !== undefined) {
    const seen = await orCloudError(tracking.progress.look(readerOf(ports, run, deadlineAtMs), factsOf(run)))
    return !(seen instanceof CloudError) && seen.verdict !== 'pending'
  }
  // It was never sent: only what must precede it may be at work.
  if (!preparation) return true
  const readiness = await orCloudError(readinessOf(ports, run, preparation, deadlineAtMs))
  return !(readiness instanceof CloudError) && (readiness === 'ready' || !('wait' in readiness))
}
