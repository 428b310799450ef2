import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requestFor } from '../../lib/guard/match.ts'
import { parseRules } from '../../lib/guard/rules.ts'
import { readCloudWatch } from '../../lib/intake/alarms/cloudwatch.ts'
import { runId } from '../../lib/runs/run.ts'
import { ALARMS } from './operations.ts'
import type { Wish } from './wishes.ts'

/**
 * The alarm that asks for a wish by `events/rules.yml`, as EventBridge delivers it. The same instant gives the same
 * transition, and so the same run.
 */
export function alarmEvent({ key, operation, resource }: Wish, atMs: number): object {
  const alarmName = `redis-${key}-${ALARMS.get(operation)}`
  const timestamp = new Date(atMs).toISOString().replace('Z', '+0000')
  return {
    version: '0',
    id: `00000000-0000-4000-8000-${String(atMs).slice(-12)}`,
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '111122223333',
    time: new Date(atMs).toISOString(),
    region: 'eu-west-1',
    resources: [`arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${alarmName}`],
    detail: {
      alarmName,
      alarmTags: { 'dcs-instance': resource },
      configuration: { metrics: [{ id: 'm1', metricStat: { metric: { dimensions: { dcs_instance_id: resource } } } }] },
      previousState: { value: 'OK', reason: 'as it should be', timestamp },
      state: { value: 'ALARM', reason: 'the soak says so', timestamp },
    },
  }
}

const RULES_FILE = 'events/rules.yml'
const rules = parseRules(readFileSync(join(import.meta.dirname, '../..', RULES_FILE), 'utf8'), RULES_FILE)

/** The run that an alarm is to become. @throws {Error} if it is to become none */
export function runIdOf(event: object, atMs: number): string {
  const reading = readCloudWatch(event)
  const found = 'alarm' in reading ? requestFor(reading.alarm, rules, atMs) : reading
  if ('ignored' in found) throw new Error(`an alarm of the soak is ignored: ${found.ignored}`)
  return runId(found.request.idempotencyKey)
}
