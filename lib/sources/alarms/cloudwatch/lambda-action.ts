import * as z from 'zod'
import type { DeliveryItem } from '../../source.ts'
import { AlarmData, stateChangeOf } from './alarm-data.ts'
import { notAnAlarm } from './not-an-alarm.ts'
import { itemOf, type SnsTopic } from './state-change.ts'

const LambdaAction = z.object({
  source: z.literal('aws.cloudwatch'),
  alarmArn: z.string(),
  accountId: z.string().nullish(),
  alarmData: AlarmData,
})

const Named = z.object({ alarmData: z.object({ alarmName: z.string() }) })

/** Reads the event of an alarm that has the function as an action. Somebody may pass it on through a topic. */
export function readLambdaAction(event: unknown, topic: SnsTopic): DeliveryItem {
  const parsed = LambdaAction.safeParse(event)
  if (!parsed.success) return notAnAlarm(parsed.error, Named.safeParse(event).data?.alarmData.alarmName)
  const { alarmArn: arn, accountId, alarmData } = parsed.data
  return itemOf({ ...stateChangeOf(alarmData), arn, accounts: [accountId, topic.account] })
}
