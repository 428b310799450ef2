import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import type { Log } from '../runs/ports.ts'

/** Kept back from the Lambda time-out, so that what was begun is written down before the sandbox is killed. */
const MARGIN_MS = 3_000

/**
 * Handles each message of a batch by itself: one that fails comes back alone, after its visibility time-out.
 * @param handle gets the record and when the invocation must be done (epoch ms)
 */
export async function eachRecord(
  event: SQSEvent,
  context: Context,
  log: Log,
  handle: (record: SQSRecord, deadlineAtMs: number) => Promise<void>,
): Promise<SQSBatchResponse> {
  const deadlineAtMs = deadlineOf(context)
  return processPartialResponse(
    event,
    async (record: SQSRecord) => {
      try {
        await handle(record, deadlineAtMs)
      } catch (error) {
        // The batch processor keeps it to itself, and Lambda counts the invocation as a success.
        log('error', 'message failed', {
          messageId: record.messageId,
          queue: record.eventSourceARN.split(':').at(-1),
          receives: record.attributes.ApproximateReceiveCount,
          error: String(error),
        })
        throw error
      }
    },
    new BatchProcessor(EventType.SQS),
    {
      context,
      throwOnFullBatchFailure: false,
    },
  )
}

/** When an invocation must be done (epoch ms). */
export function deadlineOf(context: Pick<Context, 'getRemainingTimeInMillis'>): number {
  return Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS
}
