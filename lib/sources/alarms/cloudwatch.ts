import * as z from 'zod'
import { parseStrictJson } from '../../http/body.ts'
import { own } from '../field-of.ts'
import type { DeliveryItem } from '../source.ts'
import { readEventBridge } from './cloudwatch/event-bridge.ts'
import { readLambdaAction } from './cloudwatch/lambda-action.ts'
import { notAnAlarm } from './cloudwatch/not-an-alarm.ts'
import { readSnsMessage } from './cloudwatch/sns-message.ts'

/** By the field that only it has: how an alarm looks on each channel. */
const SHAPES: [string, (event: unknown, topicAccount?: string, topicArn?: string) => DeliveryItem][] = [
  ['detail-type', readEventBridge],
  ['alarmData', readLambdaAction],
  ['AlarmName', readSnsMessage],
]

/**
 * Reads what a function is invoked with for an alarm, or what stands in a queue: an event of EventBridge, an alarm's action
 * on the function, messages of SNS (`Records`), one message of SNS in its envelope, or without (raw delivery).
 * The same transition gives the same alarm by all of them.
 */
export function readAlarmEvent(event: unknown): DeliveryItem[] {
  const records = own(event, 'Records')
  if (Array.isArray(records)) return readRecords(records)
  return [own(event, 'Message') === undefined ? readShape(event) : readNotification(event)]
}

function readRecords(records: unknown[]): DeliveryItem[] {
  if (records.length === 0) return [notAnAlarm('there is no record in it')]
  return records.map((record) => readNotification(own(record, 'Sns')))
}

/** The envelope of SNS, as Lambda gets it and as it stands in a queue: they spell alike what is read here. */
const Notification = z.object({
  Message: z.string(),
  TopicArn: z.string().optional().catch(undefined),
  Subject: z.string().optional().catch(undefined),
})

function readNotification(notification: unknown): DeliveryItem {
  const parsed = Notification.safeParse(notification)
  if (!parsed.success) return notAnAlarm('not a message of SNS')
  const { Message, TopicArn, Subject = TopicArn } = parsed.data
  try {
    return readShape(parseStrictJson(Buffer.from(Message)), TopicArn, Subject)
  } catch (error) {
    // Others may publish to the topic, too, in plain text.
    return notAnAlarm(error instanceof Error ? error.message : 'it cannot be read', Subject)
  }
}

function readShape(event: unknown, topicArn?: string, subject?: string): DeliveryItem {
  const [, read] = SHAPES.find(([field]) => own(event, field) !== undefined) ?? []
  const [, topicAccount] = /^arn:[\w-]{1,64}:sns:[\w-]{1,64}:(\w{1,64}):/.exec(topicArn ?? '') ?? []
  return read ? read(event, topicAccount, topicArn) : notAnAlarm('it has none of the known shapes', subject)
}
