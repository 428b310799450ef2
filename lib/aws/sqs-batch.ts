import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import type { Delivered } from '../dead-letters/take.ts'
import type { Sender } from '../runs/dead-letter.ts'
import { invocationDeadlineMs } from '../runs/deadline.ts'
import type { RecordPorts } from '../runs/ports.ts'
import type { DeadLettersConfig } from './config.ts'

/**
 * Handles each message of a batch by itself: one that fails comes back alone, after its visibility time-out.
 * @param handle gets the record and when the invocation must be done (epoch ms)
 */
export async function eachRecord(
  event: SQSEvent,
  context: Context,
  { log, clock }: Pick<RecordPorts, 'log' | 'clock'>,
  handle: (record: SQSRecord, deadlineAtMs: number) => Promise<void>,
): Promise<SQSBatchResponse> {
  const deadlineAtMs = invocationDeadlineMs(clock, context)
  return processPartialResponse(
    event,
    async (record: SQSRecord) => {
      try {
        await handle(record, deadlineAtMs)
      } catch (error) {
        // The batch processor keeps it to itself, and Lambda counts the invocation as a success.
        log('error', 'message failed', {
          messageId: record.messageId,
          queue: queueNameOf(record),
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

/** What a record delivers. */
export function deliveredIn(record: SQSRecord): Delivered {
  return { messageId: record.messageId, queue: queueNameOf(record), body: record.body }
}

/** The queue whose dead letters a record is one of. @throws {Error} where it is none: then it stays where it is */
export function senderOf({ eventSourceARN }: Pick<SQSRecord, 'eventSourceARN'>, config: DeadLettersConfig): Sender {
  if (eventSourceARN === config.SUBMISSIONS_DEAD_LETTERS_ARN) return 'submissions'
  if (eventSourceARN === config.POLLS_DEAD_LETTERS_ARN) return 'polls'
  if (eventSourceARN === config.ALARMS_DEAD_LETTERS_ARN) return 'alarms'
  throw new Error(`bury-message: ${eventSourceARN} is none of the dead-letter queues; set its *_DEAD_LETTERS_ARN`)
}

const FromSqs = z.object({ Records: z.array(z.object({ eventSource: z.literal('aws:sqs') })).min(1) })

/** Whether a function was invoked by a queue, which else is invoked by something else. */
export function isSqsEvent(event: unknown): event is SQSEvent {
  return FromSqs.safeParse(event).success
}

function queueNameOf({ eventSourceARN }: SQSRecord): string {
  return eventSourceARN.split(':').at(-1) ?? eventSourceARN
}
