import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { matchAlarm } from '../../lib/rules/match.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { runId } from '../../lib/runs/run.ts'
import { readAlarmEvent } from '../../lib/sources/alarms/cloudwatch.ts'
import { ALARMS } from './operations.ts'
import type { Wish } from './wishes.ts'

/** They began before anything was done: what begins while a run is at work on its target starts no other. */
const BEFORE_MS = 15 * 60_000

/**
 * The alarm that asks for a wish by `rules.yml`, as EventBridge delivers it. The same instant gives the same
 * transition, and so the same run.
 */
export function alarmEvent({ key, operation, resource }: Wish, atMs: number): object {
  const alarmName = `redis-${key}-${ALARMS.get(operation)}`
  const timestamp = new Date(atMs - BEFORE_MS).toISOString().replace('Z', '+0000')
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

export const RULES_FILE = join(import.meta.dirname, 'rules.yml')
export const RULES = parseRules(readFileSync(RULES_FILE, 'utf8'), 'rules.yml')

/** The run that an alarm is to become. @throws {Error} if it is to become none */
export function runIdOf(event: object, atMs: number): string {
  const [reading] = readAlarmEvent(event)
  const found = reading && 'alarm' in reading ? matchAlarm(reading.alarm, RULES, atMs) : reading
  if (!found || !('request' in found)) throw new Error(`an alarm of the soak is ignored: ${JSON.stringify(found)}`)
  return runId(found.request.idempotencyKey)
}
