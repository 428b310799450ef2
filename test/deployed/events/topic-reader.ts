import { SubscribeCommand } from '@aws-sdk/client-sns'
import { DeleteMessageCommand, type Message } from '@aws-sdk/client-sqs'
import * as z from 'zod'
import type { Aws } from '../emulators/aws.ts'
import { createQueue, type OnMade } from '../emulators/resources.ts'
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

export interface TopicReaderOptions {
  aws: Aws
  onMade: OnMade
  /** Of the queue that stands between the topics and the reader. */
  queueName: string
  subscriptions: { topicArn: string; attributes: Record<string, string> }[]
  /** Called once for each delivery; a delivery for which it fails comes again. */
  onNotification: (notification: Notification) => void
  onError: (error: unknown) => void
}

/** Hands over what topics deliver, through a queue of its own. @returns what stops it */
export async function startTopicReader(options: TopicReaderOptions): Promise<() => Promise<void>> {
  const { aws, onMade, queueName, subscriptions, onNotification, onError } = options
  const { sns, topicSqs: sqs } = aws.clients
  const topicArns = subscriptions.map(({ topicArn }) => topicArn)
  const queue = await createQueue({
    ...{ sqs, origin: aws.endpoints.topicSqs, name: `${aws.prefix}${queueName}`, onMade },
    attributes: { VisibilityTimeout: '30', Policy: JSON.stringify(policyFor(topicArns)) },
  })
  for (const { topicArn, attributes } of subscriptions) {
    const target = { TopicArn: topicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes: attributes }
    await sns.send(new SubscribeCommand(target))
  }
  const handle = async ({ Body = '', ReceiptHandle }: Message) => {
    onNotification(Notification.parse(JSON.parse(Body)))
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }))
  }
  const stop = new AbortController()
  const turn = async () => {
    const messages = await receiveMessages(sqs, queue.url, { max: 10, signal: stop.signal })
    for (const message of messages) await handle(message)
  }
  const loop = repeatUntil(stop.signal, turn, onError)
  return () => {
    stop.abort()
    return loop
  }
}

/** Without it, AWS delivers nothing. */
function policyFor(topicArns: string[]) {
  const Condition = { ArnEquals: { 'aws:SourceArn': topicArns } }
  const principal = { Service: 'sns.amazonaws.com' }
  return {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sqs:SendMessage', Resource: '*', Condition }],
  }
}

/** The event by which SNS hands a message to a function. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
export function snsEvent(notification: Notification, subscriptionArn: string) {
  const { Subject = null, ...rest } = notification
  return {
    Records: [
      {
        EventVersion: '1.0',
        EventSubscriptionArn: subscriptionArn,
        EventSource: 'aws:sns',
        Sns: { Type: 'Notification', ...rest, Subject },
      },
    ],
  }
}
