import { partsOf } from '../../basics/parallel.ts'
import { CloudError } from '../../cloud/errors.ts'
import type { Show, ShownRequest } from '../../cloud/show.ts'
import { asBatch } from '../../services/batch.ts'
import { maxBatchSize } from '../accept/accept.ts'
import type { CheckedRequest } from '../accept/check-request.ts'
import { orCloudError } from '../ask.ts'
import type { Ports } from '../ports.ts'
import { placeOf, type Run } from '../run.ts'
import type { Blocker } from './blocker.ts'

/** What a plan needs beside what a run needs. */
export interface PlanPorts extends Ports {
  show: Show
}

/** A plan, and the run that it would be. */
export interface Draft<Plan = { would: string; refusedBy: Blocker[]; request?: ShownRequest | undefined }> {
  plan: Plan
  run: Run
  /** What was seen before it would be sent. */
  baseline: unknown
}

/** Adds to each plan the request of which it would be a part: those of a batch that can go out now share theirs. */
export async function showRequests(
  ports: PlanPorts,
  wish: CheckedRequest,
  drafts: Draft[],
  deadlineAtMs: number,
): Promise<void> {
  for (const part of messagesOf(drafts, maxBatchSize(wish))) {
    const [first] = part
    if (!first) continue
    const orders = part.map(({ run: { target, params }, baseline }) => ({ target, params, baseline }))
    const place = placeOf(first.run, deadlineAtMs)
    const request = await orCloudError(asBatch(wish.operation, orders, (one, input) => ports.show(one, input, place)))
    // Without credentials, or without what EMR says of its processes, there is none; why is said in the plan.
    if (!(request instanceof CloudError)) for (const { plan } of part) plan.request = request
  }
}

/** As `accept` puts runs into messages, and `send` those of a message into calls. */
function messagesOf(drafts: Draft[], atMost: number): Draft[][] {
  const sendable = drafts.filter(({ plan }) => plan.would !== 'attach' && plan.would !== 'repeat')
  const isKeptBack = ({ plan }: Draft): boolean => plan.refusedBy.some(({ by }) => by === 'run')
  const accepted = sendable.filter((one) => !isKeptBack(one))
  const parts = sendable.filter(isKeptBack).map((one) => [one])
  for (const message of partsOf(accepted, atMost)) {
    const ready = message.filter(({ plan }) => plan.would === 'be-sent')
    const calls = Map.groupBy(ready, ({ run }) => JSON.stringify([run.target.account, run.target.region]))
    parts.push(...calls.values(), ...message.filter((one) => !ready.includes(one)).map((one) => [one]))
  }
  return parts
}
