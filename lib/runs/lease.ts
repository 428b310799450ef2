import { CATALOGUE } from '../cloud/catalogue.ts'
import type { Lease, Ports } from './ports.ts'
import type { Run } from './run.ts'
import { plusMs } from './schedule.ts'
import { isFinal } from './states.ts'

/** A lease outlives its run's deadline by this much, where the provider's work may go on after the run was given up. */
const LEASE_GRACE_MS = 30 * 60_000

/** Takes the run's hold on its resource. @returns why not, if another run has it */
export async function takeLease(ports: Pick<Ports, 'store'>, run: Run, now: number): Promise<string | undefined> {
  const lease = {
    resource: resourceOf(run),
    runId: run.id,
    operation: run.operation,
    acquiredAt: new Date(now).toISOString(),
    expiresAt: plusMs(run.deadlineAt, LEASE_GRACE_MS),
  }
  const holder = await ports.store.acquireLease(lease, lease.acquiredAt)
  if (!holder) return undefined
  if (!(await hasEnded(ports, holder.runId))) return heldBy(holder)
  // Left behind by a worker that was slow: it took the lease again after its run had ended.
  await ports.store.releaseLease(lease.resource, holder.runId)
  const next = await ports.store.acquireLease(lease, lease.acquiredAt)
  return next && heldBy(next)
}

async function hasEnded(ports: Pick<Ports, 'store'>, runId: string): Promise<boolean> {
  const run = await ports.store.get(runId)
  return !run || (isFinal(run.state) && run.outcome?.providerDone === true)
}

function heldBy({ runId, operation, acquiredAt, expiresAt }: Lease): string {
  return `run ${runId} (${operation}) has it since ${acquiredAt}, until it has ended or ${expiresAt}`
}

/** Gives it back, once the provider's work has ended. Harmless where the run does not have it. */
export async function giveBackLease(ports: Pick<Ports, 'store'>, run: Run): Promise<void> {
  await ports.store.releaseLease(resourceOf(run), run.id)
}

/** What the run holds alone. An operation that a release dropped from the catalogue holds nothing any more. */
function resourceOf(run: Run): string {
  return CATALOGUE.get(run.operation)?.resource(run.target) ?? `unknown/${run.operation}`
}
