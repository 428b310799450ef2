import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod/mini'
import type { Delivered } from '../dead-letters/take.ts'
import type { Sender } from '../runs/dead-letter.ts'
import { invocationDeadlineMs } from '../runs/deadline.ts'
import type { RecordPorts } from '../runs/ports.ts'
import type { DeadLettersConfig } from './config.ts'

interface Invocation {
  event: SQSEvent
  context: Context
  ports: Pick<RecordPorts, 'log' | 'clock'>
}

/**
 * Handles each message of a batch by itself. A message that fails returns alone, after its visibility time-out.
 * @param handle gets the record, and the time by which the invocation must be done (epoch ms)
 */
export async function eachRecord(
  { event, context, ports: { log, clock } }: Invocation,
  handle: (record: SQSRecord, deadlineAtMs: number) => Promise<void>,
): Promise<SQSBatchResponse> {
  const deadlineAtMs = invocationDeadlineMs(clock, context)
  return processPartialResponse(
    event,
    async (record: SQSRecord) => {
      try {
        await handle(record, deadlineAtMs)
      } catch (error) {
        // The batch processor logs no errors, and Lambda counts the invocation as a success.
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

/** The message of a record. */
export function deliveredIn(record: SQSRecord): Delivered {
  return { messageId: record.messageId, queue: queueNameOf(record), body: record.body }
}

/**
 * The queue that gave up the message of a record.
 * @throws {Error} for a record of any other queue, which then stays there
 */
export function senderOf({ eventSourceARN }: Pick<SQSRecord, 'eventSourceARN'>, config: DeadLettersConfig): Sender {
  if (eventSourceARN === config.SUBMISSIONS_DEAD_LETTERS_ARN) return 'submissions'
  if (eventSourceARN === config.POLLS_DEAD_LETTERS_ARN) return 'polls'
  if (eventSourceARN === config.ALARMS_DEAD_LETTERS_ARN) return 'alarms'
  throw new Error(`bury-message: ${eventSourceARN} is no known dead-letter queue: set its *_DEAD_LETTERS_ARN`)
}

const FromSqs = z.object({ Records: z.array(z.object({ eventSource: z.literal('aws:sqs') })).check(z.minLength(1)) })

/** Whether SQS invoked a function that other events invoke as well. */
export function isSqsEvent(event: unknown): event is SQSEvent {
  return FromSqs.safeParse(event).success
}

function queueNameOf({ eventSourceARN }: SQSRecord): string {
  return eventSourceARN.split(':').at(-1) ?? eventSourceARN
}
