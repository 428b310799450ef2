import * as z from 'zod'
import type { DeliveryItem } from '../../source.ts'
import { AlarmData, stateChangeOf } from './alarm-data.ts'
import { notAnAlarm } from './not-an-alarm.ts'
import { itemOf, type SnsTopic } from './state-change.ts'

const CONTRIBUTOR = 'CloudWatch Alarm Contributor State Change'

/** A third type, `CloudWatch Alarm Configuration Change`, reports no change of state. */
const DetailType = z.enum(['CloudWatch Alarm State Change', CONTRIBUTOR], {
  error: ({ input }) => (typeof input === 'string' ? `it is a ${input}` : undefined),
})

const StateChangeEvent = z.object({
  source: z.literal('aws.cloudwatch'),
  'detail-type': DetailType,
  resources: z.array(z.string()),
  account: z.string().nullish(),
  /** Only in events replayed from an archive. */
  'replay-name': z.unknown().optional(),
  detail: AlarmData,
})

/** Even an event of the wrong shape may name its alarm. */
const Named = z.object({ detail: z.object({ alarmName: z.string() }) })

/** CloudWatch sends every change of every alarm to EventBridge, even if the alarm's actions are off. */
export function readEventBridge(event: unknown, topic: SnsTopic): DeliveryItem {
  const parsed = StateChangeEvent.safeParse(event)
  if (!parsed.success) return notAnAlarm(parsed.error, Named.safeParse(event).data?.detail.alarmName)
  const { detail, resources, account, 'detail-type': type, 'replay-name': replay } = parsed.data
  if (type === CONTRIBUTOR && !detail.alarmContributor) return notAnAlarm('it names no contributor', detail.alarmName)
  const [arn] = resources
  const isReplayed = replay !== undefined && replay !== null
  return itemOf({ ...stateChangeOf(detail), arn, accounts: [account, topic.account], isReplayed })
}
