import * as z from 'zod/mini'
import { partsOf } from '../basics/parallel.ts'
import type { Call, CallContext } from '../cloud/call.ts'
import { CloudError } from '../cloud/errors.ts'
import type { Operation } from '../cloud/operation.ts'
import type { Acceptance, LifecycleOperation, Order } from './lifecycle.ts'

/**
 * Sends one operation for many targets of one account and region, call after call, each with as many targets as the provider
 * takes (DCS instance actions: 50).
 * @returns for each order, in their order: the provider's answer, or the error of its call
 */
export async function callBatch<Target, Params, Baseline, Output>(
  call: Call,
  operation: LifecycleOperation<Target, Params, Baseline, Output>,
  { orders, context }: { orders: Order<Target, Params, Baseline>[]; context: CallContext },
): Promise<(Acceptance | CloudError)[]> {
  const { batch, accepted } = operation
  const results: (Acceptance | CloudError)[] = []
  for (const part of partsOf(orders, batch?.atMost ?? 1)) {
    const sent = asBatch(operation, part, (one, input) => call(one, input, context))
    const output = await sent.catch((error: unknown) => {
      if (error instanceof CloudError) return error
      throw error
    })
    results.push(...part.map(({ target }) => (output instanceof CloudError ? output : accepted(output, target))))
  }
  return results
}

/**
 * Builds the one call for these orders and hands it to `use`, which sends or shows it.
 * @param part at least one order, and no more than the provider takes at once
 */
export function asBatch<Target, Params, Baseline, Output, Result>(
  operation: LifecycleOperation<Target, Params, Baseline, Output>,
  part: Order<Target, Params, Baseline>[],
  use: <Input>(one: Operation<Input, Output>, input: Input) => Promise<Result>,
): Promise<Result> {
  const { batch, input } = operation
  if (!batch || part.length < 2) return use(operation, part[0] as Order<Target, Params, Baseline>) // a part is never empty
  return use({ ...operation, input: z.array(input), request: batch.request }, part)
}
