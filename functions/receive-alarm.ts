import { readFileSync } from 'node:fs'
import middy from '@middy/core'
import type { Context, SQSBatchResponse } from 'aws-lambda'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { eachRecord, isSqsEvent } from '../lib/aws/records.ts'
import { requestFor } from '../lib/guard/match.ts'
import { parseRules } from '../lib/guard/rules.ts'
import { readCloudWatch } from '../lib/intake/alarms/cloudwatch.ts'
import { accept } from '../lib/runs/accept.ts'
import { KeyReusedError, RequestError } from '../lib/runs/request-error.ts'

const config = readConfig('receive-alarm')
const ports = recordPorts(config)
const rules = parseRules(readFileSync(config.RULES_FILE, 'utf8'), config.RULES_FILE)

type Received = { runId: string; rule: string } | { ignored: string }

const receive = async (event: unknown): Promise<Received> => {
  const reading = readCloudWatch(event)
  const matched = 'alarm' in reading ? requestFor(reading.alarm, rules, ports.clock()) : reading
  const about = 'alarm' in reading ? { alarm: reading.alarm.identity, occurredAt: reading.alarm.occurredAt } : {}
  if ('ignored' in matched) {
    ports.log('info', 'alarm ignored', { ...about, reason: matched.ignored })
    return matched
  }
  try {
    const { run } = await accept(ports, matched.request, defaultRegions(config))
    return { runId: run.id, rule: matched.rule }
  } catch (error) {
    // A target that the alarm spells wrong, or rules that changed between two deliveries, do not get better by a retry.
    if (!(error instanceof RequestError || error instanceof KeyReusedError)) throw error
    ports.log('error', 'alarm ignored', { ...about, rule: matched.rule, reason: error.message })
    return { ignored: error.message }
  }
}

/** An alarm's change of state, from EventBridge or sent back: starts the run that the rules name, or says why it starts none. */
export const handler = middy().handler(
  async (event: unknown, context: Context): Promise<Received | SQSBatchResponse> =>
    isSqsEvent(event)
      ? eachRecord(event, context, ports.log, async ({ body }) => void (await receive(JSON.parse(body))))
      : receive(event),
)
