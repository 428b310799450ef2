import { SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { inParallel, partsOf } from '../basics/parallel.ts'
import type { Sender } from '../runs/dead-letter.ts'
import { checkDelay } from '../runs/delay.ts'
import type { Message, QueueName } from '../runs/messages.ts'
import type { Queue } from '../runs/ports.ts'
import { CLIENT_TIMEOUTS } from './client-timeouts.ts'

/** The maximum of SendMessageBatch. */
const MAX_ENTRIES = 10

/** The queues on SQS, by their URLs. */
export function sqsQueue(
  urls: Record<Sender, string>,
  client: Pick<SQSClient, 'send'> = new SQSClient(CLIENT_TIMEOUTS),
): Queue {
  const send = async (queue: QueueName, message: Message, DelaySeconds: number): Promise<void> => {
    checkDelay(DelaySeconds)
    const MessageBody = JSON.stringify(message)
    await client.send(new SendMessageCommand({ QueueUrl: urls[queue], MessageBody, DelaySeconds }))
  }

  /** @returns the messages that were not sent: a batch answered with 200 may have failed in part */
  const sendPart = async (queue: QueueName, part: Message[]): Promise<Message[]> => {
    const [only, ...more] = part
    if (only && more.length === 0) {
      await send(queue, only, 0)
      return []
    }
    const Entries = part.map((message, index) => ({ Id: String(index), MessageBody: JSON.stringify(message) }))
    const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: urls[queue], Entries }))
    return part.filter((_, index) => Failed.some(({ Id }) => Id === String(index)))
  }

  return {
    send,
    sendBack: async (to, MessageBody) => {
      await client.send(new SendMessageCommand({ QueueUrl: urls[to], MessageBody }))
    },
    sendAll: async (queue, messages) => {
      const send = (part: Message[]): Promise<Message[]> => sendPart(queue, part).catch(() => part)
      const { values } = await inParallel(partsOf(messages, MAX_ENTRIES), send)
      return values.flat()
    },
  }
}
