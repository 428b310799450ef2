import { CATALOGUE } from '../cloud/catalogue.ts'
import { CloudError } from '../cloud/errors.ts'
import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import { collide, wait } from './collide.ts'
import { type Held, noteRest } from './lease.ts'
import type { Ports } from './ports.ts'
import { readinessOf } from './prepare.ts'
import { placeOf, type Run } from './run.ts'
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
async function isAtRest(ports: Ports, run: Run, deadlineAtMs: number): Promise<boolean> {
  const operation = CATALOGUE.get(run.operation)
  if (!operation) return false
  try {
    return run.sentAt === undefined
      ? await isPrepared(ports, run, operation, deadlineAtMs)
      : await hasStopped(ports, run, operation, deadlineAtMs)
  } catch (error) {
    if (error instanceof CloudError) return false
    throw error
  }
}

/** It was never sent: only what must precede it may be at work. */
async function isPrepared(
  ports: Ports,
  run: Run,
  { preparation }: LifecycleOperation,
  deadlineAtMs: number,
): Promise<boolean> {
  const readiness = preparation && (await readinessOf(ports, run, preparation, deadlineAtMs))
  return readiness === undefined || readiness === 'ready' || !('wait' in readiness)
}

async function hasStopped(
  ports: Ports,
  run: Run,
  { tracking }: LifecycleOperation,
  deadlineAtMs: number,
): Promise<boolean> {
  const place = placeOf(run, deadlineAtMs)
  const facts = { target: run.target, baseline: run.baseline, ...(run.job ? { jobId: run.job.id } : {}) }
  const seen = await tracking.progress.look((read, input) => ports.call(read, input, place), facts)
  return seen.verdict !== 'pending'
}
