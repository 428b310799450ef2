import * as z from 'zod'
import type { DeliveryItem } from '../../source.ts'
import { AlarmData, stateChangeOf } from './alarm-data.ts'
import { notAnAlarm } from './not-an-alarm.ts'
import { itemOf } from './state-change.ts'

const CONTRIBUTOR = 'CloudWatch Alarm Contributor State Change'

/** There is a third, `CloudWatch Alarm Configuration Change`, in which nothing has happened. */
const DetailType = z.enum(['CloudWatch Alarm State Change', CONTRIBUTOR], {
  error: ({ input }) => (typeof input === 'string' ? `it is a ${input}` : undefined),
})

const StateChangeEvent = z.object({
  source: z.literal('aws.cloudwatch'),
  'detail-type': DetailType,
  resources: z.array(z.string()),
  account: z.string().nullish(),
  /** Only on events replayed from an archive. */
  'replay-name': z.unknown().optional(),
  detail: AlarmData,
})

/** Where even a wrong event says what it is about. */
const Named = z.object({ detail: z.object({ alarmName: z.string() }) })

/**
 * CloudWatch tells EventBridge of every change of every alarm, also of those whose actions are off.
 * @param topicAccount of the topic that it came by, where there is one
 */
export function readEventBridge(event: unknown, topicAccount?: string): DeliveryItem {
  const parsed = StateChangeEvent.safeParse(event)
  if (!parsed.success) return notAnAlarm(parsed.error, Named.safeParse(event).data?.detail.alarmName)
  const { detail, resources, account, 'detail-type': type, 'replay-name': replay } = parsed.data
  if (type === CONTRIBUTOR && !detail.alarmContributor) return notAnAlarm('it names no contributor', detail.alarmName)
  const [arn] = resources
  const isReplayed = replay !== undefined && replay !== null
  return itemOf({ ...stateChangeOf(detail), arn, accounts: [account, topicAccount], isReplayed })
}
