import { partsOf } from '../../basics/parallel.ts'
import { CloudError } from '../../cloud/errors.ts'
import type { Show, ShownRequest } from '../../cloud/show.ts'
import { asBatch } from '../../services/batch.ts'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import { orCloudError } from '../or-cloud-error.ts'
import type { Ports } from '../ports.ts'
import { callContextOf, type Run } from '../run.ts'
import type { Blocker } from './blocker.ts'

/** The ports of a plan: those of a run, and one that shows a request instead of sending it. */
export interface PlanPorts extends Ports {
  show: Show
}

/** A plan, and the run that it would be. */
export interface PlanDraft<Plan = { would: string; refusedBy: Blocker[]; request?: ShownRequest | undefined }> {
  plan: Plan
  run: Run
  /** Read as it would be before the run is sent. */
  baseline: unknown
}

/**
 * Adds to each plan the provider request that its run would be a part of: runs of a batch that can be sent now share theirs.
 * @param atMost the number of runs in one message
 */
export async function showRequests(
  ports: PlanPorts,
  { drafts, operation, atMost }: { drafts: PlanDraft[]; operation: LifecycleOperation; atMost: number },
  deadlineAtMs: number,
): Promise<void> {
  for (const part of messagesOf(drafts, atMost)) {
    const [first] = part
    if (!first) continue
    const orders = part.map(({ run: { target, params }, baseline }) => ({ target, params, baseline }))
    const context = callContextOf(first.run, deadlineAtMs)
    const request = await orCloudError(() =>
      asBatch(operation, orders, (one, input) => ports.show(one, input, context)),
    )
    // Without credentials, or without the processes of EMR, there is none; the blockers of the plan say why.
    if (!(request instanceof CloudError)) for (const { plan } of part) plan.request = request
  }
}

/** The calls that `accept` and `send` would make of these runs: one message has many runs, one call those of one account and region. */
function messagesOf(drafts: PlanDraft[], atMost: number): PlanDraft[][] {
  const sendable = drafts.filter(({ plan }) => plan.would !== 'attach' && plan.would !== 'repeat')
  const isKeptBack = ({ plan }: PlanDraft): boolean => plan.refusedBy.some(({ by }) => by === 'run' || by === 'limit')
  const accepted = sendable.filter((one) => !isKeptBack(one))
  const parts = sendable.filter(isKeptBack).map((one) => [one])
  for (const message of partsOf(accepted, atMost)) {
    const ready = message.filter(({ plan }) => plan.would === 'be-sent')
    const calls = Map.groupBy(ready, ({ run }) => JSON.stringify([run.target.account, run.target.region]))
    parts.push(...calls.values(), ...message.filter((one) => !ready.includes(one)).map((one) => [one]))
  }
  return parts
}
