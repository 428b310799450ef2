import * as z from 'zod'
import type { DeliveryItem } from '../../source.ts'
import { AlarmData, stateChangeOf } from './alarm-data.ts'
import { notAnAlarm } from './not-an-alarm.ts'
import { itemOf } from './state-change.ts'

const LambdaAction = z.object({
  source: z.literal('aws.cloudwatch'),
  alarmArn: z.string(),
  accountId: z.string().nullish(),
  alarmData: AlarmData,
})

const Named = z.object({ alarmData: z.object({ alarmName: z.string() }) })

/**
 * The function stands among the actions of the alarm itself.
 * @param topicAccount of the topic that it came by, where somebody passes it on by one
 */
export function readLambdaAction(event: unknown, topicAccount?: string): DeliveryItem {
  const parsed = LambdaAction.safeParse(event)
  if (!parsed.success) return notAnAlarm(parsed.error, Named.safeParse(event).data?.alarmData.alarmName)
  const { alarmArn: arn, accountId, alarmData } = parsed.data
  return itemOf({ ...stateChangeOf(alarmData), arn, accounts: [accountId, topicAccount] })
}
