import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch'
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda'
import * as z from 'zod'
import { bury } from '../runs/bury.ts'
import type { GivenUp, Sender } from '../runs/dead-letter.ts'
import { type MessageOf, type QueueName, readMessage } from '../runs/messages.ts'
import type { Log, RecordPorts } from '../runs/ports.ts'
import type { DeadLettersConfig } from './config.ts'

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

/**
 * Handles each message of one of our queues. What is no message of this release is buried at once: another try would not
 * read it either, and the sweeper brings its run on by a message of this release. A failure to bury it brings it back.
 */
export function eachMessage<Name extends QueueName>(
  event: SQSEvent,
  context: Context,
  ports: RecordPorts,
  queue: Name,
  handle: (message: MessageOf<Name>, deadlineAtMs: number) => Promise<void>,
): Promise<SQSBatchResponse> {
  return eachRecord(event, context, ports.log, async (record, deadlineAtMs) => {
    const message = readMessage(queue, record.body)
    await (message ? handle(message, deadlineAtMs) : bury(ports, givenUp(record, queue)))
  })
}

/** @param from the queue that gave it up */
export function givenUp(record: SQSRecord, from: Sender): GivenUp {
  return { messageId: record.messageId, from, queue: queueNameOf(record), body: record.body }
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

/** When an invocation must be done (epoch ms). */
export function deadlineOf(context: Pick<Context, 'getRemainingTimeInMillis'>): number {
  return Date.now() + context.getRemainingTimeInMillis() - MARGIN_MS
}
