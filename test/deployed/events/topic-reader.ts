import { SubscribeCommand } from '@aws-sdk/client-sns'
import { DeleteMessageCommand, type Message } from '@aws-sdk/client-sqs'
import * as z from 'zod'
import type { Clients, Endpoints } from '../emulators/clients.ts'
import { createQueue } from '../emulators/resources.ts'
import { receiveMessages, repeatUntil } from '../queues/queue-reader.ts'

/** What SNS puts in a queue. https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html */
const Notification = z.looseObject({
  MessageId: z.string(),
  TopicArn: z.string(),
  Subject: z.string().optional(),
  Message: z.string(),
  Timestamp: z.string(),
  MessageAttributes: z.record(z.string(), z.object({ Type: z.string(), Value: z.string() })).default({}),
})
export type Notification = z.output<typeof Notification>

export type TopicReaderOptions = {
  clients: Clients
  endpoints: Endpoints
  /** Name of the queue that stands between the topics and the reader; it is deleted by nobody. */
  queueName: string
  subscriptions: { topicArn: string; attributes: Record<string, string> }[]
  /** Called once for each delivery; a delivery for which it fails comes again. */
  onNotification: (notification: Notification) => Promise<void>
  onError: (error: unknown) => void
}

/** Hands over what topics deliver, through a queue of its own. The returned function hands over the rest, then stops. */
export async function startTopicReader(options: TopicReaderOptions): Promise<() => Promise<void>> {
  const { clients, endpoints, queueName, subscriptions, onNotification, onError } = options
  const queue = await createQueue(clients.topicSqs, endpoints.sns, queueName, { VisibilityTimeout: '30' })
  for (const { topicArn, attributes } of subscriptions) {
    const target = { TopicArn: topicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes: attributes }
    await clients.sns.send(new SubscribeCommand(target))
  }
  const handle = async ({ Body = '', ReceiptHandle }: Message) => {
    await onNotification(Notification.parse(JSON.parse(Body)))
    await clients.topicSqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }))
  }
  const receive = async (signal: AbortSignal, wait?: { waitSeconds: number }) => {
    const messages = await receiveMessages(clients.topicSqs, queue.url, { max: 10, signal, ...wait })
    for (const message of messages) await handle(message)
    return messages.length
  }
  const stop = new AbortController()
  const loop = repeatUntil(stop.signal, async () => void (await receive(stop.signal)), onError)
  return async () => {
    stop.abort()
    await loop
    // What came in last, for at most a second.
    const drain = AbortSignal.timeout(1000)
    while ((await receive(drain, { waitSeconds: 0 }).catch(() => 0)) > 0);
  }
}
