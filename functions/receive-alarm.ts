import { readFileSync } from 'node:fs'
import middy from '@middy/core'
import type { Context, SQSBatchResponse } from 'aws-lambda'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { eachRecord, isSqsEvent } from '../lib/aws/records.ts'
import { parseRules } from '../lib/guard/read-rules.ts'
import { receiveEvent } from '../lib/guard/receive.ts'
import { readAlarmEvent } from '../lib/intake/alarms/cloudwatch.ts'
import type { Result } from '../lib/runs/received.ts'

const config = readConfig('receive-alarm')
const ports = recordPorts(config)
const deciding = {
  ports,
  rules: parseRules(readFileSync(config.RULES_FILE, 'utf8'), config.RULES_FILE),
  regions: defaultRegions(config),
}

const receive = (event: unknown): Promise<Result[]> =>
  receiveEvent(deciding, 'cloudwatch', event, readAlarmEvent(event))

/**
 * An alarm's change of state, from EventBridge, SNS, the alarm itself or sent back: starts the run that the rules name, or
 * says why it starts none.
 */
export const handler = middy().handler(
  async (event: unknown, context: Context): Promise<{ results: Result[] } | SQSBatchResponse> =>
    isSqsEvent(event)
      ? eachRecord(event, context, ports.log, async ({ body }) => void (await receive(JSON.parse(body))))
      : { results: await receive(event) },
)
