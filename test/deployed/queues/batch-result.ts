import * as z from 'zod'

const BatchResponse = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullish()

/**
 * The ids of the messages of a batch that succeeded, from a response with `ReportBatchItemFailures`.
 *
 * Nothing, or an empty list, is full success; a failure that names no message of the batch is the failure of them all.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
 */
export function succeededIds(messageIds: string[], response: unknown): string[] {
  const parsed = BatchResponse.safeParse(response)
  if (!parsed.success) return []
  const failed = new Set(parsed.data?.batchItemFailures?.map(({ itemIdentifier }) => itemIdentifier))
  // What remains here names no message of the batch.
  const unknown = new Set(failed)
  for (const id of messageIds) unknown.delete(id)
  return unknown.size === 0 ? messageIds.filter((id) => !failed.has(id)) : []
}
