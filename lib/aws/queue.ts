import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import type { Queue, QueueName } from '../runs/ports.ts'

/** @param urls where each queue is */
export function sqsQueue(urls: Record<QueueName, string>, client = new SQSClient()): Queue {
  return {
    send: async (queue, message, delaySeconds) => {
      await client.send(
        new SendMessageCommand({
          QueueUrl: urls[queue],
          MessageBody: JSON.stringify(message),
          DelaySeconds: delaySeconds,
        }),
      )
    },
  }
}
