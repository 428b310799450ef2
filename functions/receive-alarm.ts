import { readFileSync } from 'node:fs'
import middy from '@middy/core'
import type { Context, SQSBatchResponse, SQSRecord } from 'aws-lambda'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { eachRecord, givenUp, isSqsEvent } from '../lib/aws/records.ts'
import { isAlarmsMessage, readAlarmsMessage } from '../lib/guard/hand-on.ts'
import { parseRules } from '../lib/guard/read-rules.ts'
import { receiveEvent } from '../lib/guard/receive.ts'
import { readAlarmEvent } from '../lib/intake/alarms/cloudwatch.ts'
import { bury } from '../lib/runs/bury.ts'
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

/** What was sent back, or handed on by receive-webhook. Ours of another release is buried at once: another try reads it no better. */
async function receiveRecord(record: SQSRecord): Promise<void> {
  const body: unknown = JSON.parse(record.body)
  if (!isAlarmsMessage(body)) return void (await receive(body))
  const message = readAlarmsMessage(body)
  if (!message) return bury(ports, givenUp(record, 'alarms'))
  const readings = message.alarms.map((alarm) => ({ alarm }))
  await receiveEvent(deciding, message.source, message, readings)
}

/**
 * An alarm's change of state, from EventBridge, SNS, the alarm itself or sent back: starts the run that the rules name, or
 * says why it starts none.
 */
export const handler = middy().handler(
  async (event: unknown, context: Context): Promise<{ results: Result[] } | SQSBatchResponse> =>
    isSqsEvent(event) ? eachRecord(event, context, ports.log, receiveRecord) : { results: await receive(event) },
)
