import middy from '@middy/core'
import type { Context, SQSBatchResponse } from 'aws-lambda'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { deliveredIn, eachRecord, isSqsEvent } from '../lib/aws/sqs-batch.ts'
import { readCheckedRules } from '../lib/rules/checked-rules.ts'
import { decidingBy } from '../lib/rules/decide.ts'
import { guardsOf } from '../lib/rules/guards.ts'
import type { Result } from '../lib/runs/delivery.ts'
import { alarmReceiver } from '../lib/sources/alarm-events.ts'

const config = readConfig('receive-alarm')
const rules = readCheckedRules(config.RULES_FILE)
const ports = { ...recordPorts(config), guards: guardsOf(rules) }
const alarms = alarmReceiver(decidingBy({ ports, rules, regions: defaultRegions(config) }))

/** Alarm events from EventBridge, SNS or the alarm itself, and resent alarms from the queue. */
export const handler = middy().handler(
  async (event: unknown, context: Context): Promise<{ results: Result[] } | SQSBatchResponse> =>
    isSqsEvent(event)
      ? eachRecord({ event, context, ports }, (record) => alarms.take(deliveredIn(record)))
      : { results: await alarms.receive(event) },
)
