import * as z from 'zod'
import type { Reading } from '../../source.ts'
import { AlarmData, transitionOf } from './alarm-data.ts'
import { notAnAlarm } from './not-an-alarm.ts'
import { readingOf } from './transition.ts'

const LambdaAction = z.object({ source: z.literal('aws.cloudwatch'), alarmArn: z.string(), alarmData: AlarmData })

const Named = z.object({ alarmData: z.object({ alarmName: z.string() }) })

/** The function stands among the actions of the alarm itself. */
export function readLambdaAction(event: unknown): Reading {
  const parsed = LambdaAction.safeParse(event)
  if (!parsed.success) return notAnAlarm(parsed.error, Named.safeParse(event).data?.alarmData.alarmName)
  return readingOf({ ...transitionOf(parsed.data.alarmData), arn: parsed.data.alarmArn })
}
