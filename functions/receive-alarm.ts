import { readFileSync } from 'node:fs'
import middy from '@middy/core'
import type { Context, SQSBatchResponse } from 'aws-lambda'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { deliveredIn, eachRecord, isSqsEvent } from '../lib/aws/records.ts'
import { alarmReceiver } from '../lib/guard/alarms.ts'
import { parseRules } from '../lib/guard/read-rules.ts'
import type { Result } from '../lib/runs/received.ts'

const config = readConfig('receive-alarm')
const ports = recordPorts(config)
const alarms = alarmReceiver({
  ports,
  rules: parseRules(readFileSync(config.RULES_FILE, 'utf8'), config.RULES_FILE),
  regions: defaultRegions(config),
})

/** An alarm's change of state, from EventBridge, SNS, the alarm itself or sent back. */
export const handler = middy().handler(
  async (event: unknown, context: Context): Promise<{ results: Result[] } | SQSBatchResponse> =>
    isSqsEvent(event)
      ? eachRecord(event, context, ports, (record) => alarms.take(deliveredIn(record)))
      : { results: await alarms.receive(event) },
)
