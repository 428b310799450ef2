import * as z from 'zod/mini'
import { partsOf } from '../basics/parallel.ts'
import type { Call, CallContext } from '../cloud/call.ts'
import { CloudError } from '../cloud/errors.ts'
import type { Operation } from '../cloud/operation.ts'
import type { Acceptance, LifecycleOperation, Order } from './lifecycle.ts'

/**
 * Sends one operation for many targets of one account and region: one call for as many as the provider takes at once
 * (DCS instance actions: 50), one call after another.
 * @returns for each order, in their order, what the provider said of it, or why its call failed
 */
export async function callBatch<Target, Params, Baseline, Output>(
  call: Call,
  operation: LifecycleOperation<Target, Params, Baseline, Output>,
  orders: Order<Target, Params, Baseline>[],
  place: CallContext,
): Promise<(Acceptance | CloudError)[]> {
  const { batch: together, accepted } = operation
  const send = (part: Order<Target, Params, Baseline>[]): Promise<Output> =>
    asBatch(operation, part, (one, input) => call(one, input, place))
  const atMost = together?.atMost ?? 1
  const results: (Acceptance | CloudError)[] = []
  for (const part of partsOf(orders, atMost)) {
    const output = await send(part).catch((error: unknown) => {
      if (error instanceof CloudError) return error
      throw error
    })
    results.push(...part.map(({ target }) => (output instanceof CloudError ? output : accepted(output, target))))
  }
  return results
}

/**
 * Hands the one call for these orders to whoever sends it, or shows it.
 * @param part one at least, and no more than the provider takes at once
 */
export function asBatch<Target, Params, Baseline, Output, Result>(
  operation: LifecycleOperation<Target, Params, Baseline, Output>,
  part: Order<Target, Params, Baseline>[],
  use: <Input>(one: Operation<Input, Output>, input: Input) => Promise<Result>,
): Promise<Result> {
  const { batch: together, input } = operation
  if (!together || part.length < 2) return use(operation, part[0] as Order<Target, Params, Baseline>) // a part is never empty
  return use({ ...operation, input: z.array(input), request: together.request }, part)
}
