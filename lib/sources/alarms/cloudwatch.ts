import * as z from 'zod'
import { parseStrictJson } from '../../http/body.ts'
import { own } from '../field-of.ts'
import type { DeliveryItem } from '../source.ts'
import { readEventBridge } from './cloudwatch/event-bridge.ts'
import { readLambdaAction } from './cloudwatch/lambda-action.ts'
import { notAnAlarm } from './cloudwatch/not-an-alarm.ts'
import { readSnsMessage } from './cloudwatch/sns-message.ts'
import type { SnsTopic } from './cloudwatch/state-change.ts'

/** Each channel's shape is known by the one field that only it has. */
const SHAPES: [field: string, read: (event: unknown, topic: SnsTopic) => DeliveryItem][] = [
  ['detail-type', readEventBridge],
  ['alarmData', readLambdaAction],
  ['AlarmName', readSnsMessage],
]

/**
 * Reads an alarm's event, as a function is invoked with it or as it is in a queue: an event of EventBridge, an alarm's action
 * on the function, SNS messages (`Records`), or one SNS message with or without its envelope (raw delivery).
 * The same change of state gives the same alarm on every channel.
 */
export function readAlarmEvent(event: unknown): DeliveryItem[] {
  const records = own(event, 'Records')
  if (Array.isArray(records)) return readRecords(records)
  return [own(event, 'Message') === undefined ? readShape(event) : readNotification(event)]
}

function readRecords(records: unknown[]): DeliveryItem[] {
  if (records.length === 0) return [notAnAlarm('it has no records')]
  return records.map((record) => readNotification(own(record, 'Sns')))
}

/** The SNS envelope. Lambda and queues spell the fields that are read here alike. */
const Notification = z.object({
  Message: z.string(),
  TopicArn: z.string().optional().catch(undefined),
  Subject: z.string().optional().catch(undefined),
})

function readNotification(notification: unknown): DeliveryItem {
  const parsed = Notification.safeParse(notification)
  if (!parsed.success) return notAnAlarm('not an SNS message')
  const { Message, TopicArn, Subject = TopicArn } = parsed.data
  try {
    return readShape(parseStrictJson(Buffer.from(Message)), { topicArn: TopicArn, subject: Subject })
  } catch (error) {
    // Other publishers may send plain text to the topic.
    return notAnAlarm(error instanceof Error ? error.message : 'it cannot be read', Subject)
  }
}

interface Envelope {
  topicArn?: string | undefined
  subject?: string | undefined
}

function readShape(event: unknown, { topicArn = '', subject }: Envelope = {}): DeliveryItem {
  const [, read] = SHAPES.find(([field]) => own(event, field) !== undefined) ?? []
  const [, account] = /^arn:[\w-]{1,64}:sns:[\w-]{1,64}:(\w{1,64}):/.exec(topicArn) ?? []
  return read ? read(event, { arn: topicArn, account }) : notAnAlarm('it has none of the known shapes', subject)
}
