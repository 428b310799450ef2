import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readAlarmEvent } from '../../../lib/sources/alarms/cloudwatch.ts'

const SAMPLES = `${import.meta.dirname}/../../../events/cloudwatch`
const sample = (name: string) => JSON.parse(readFileSync(`${SAMPLES}/${name}.json`, 'utf8'))

const ORDERS = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const CATALOG = '9c47de18-60fb-4f3e-8a25-7b90cd13e642'
const ACCOUNTS = '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913'

const alarm = (name: string, more: object) => ({
  source: 'cloudwatch',
  identity: `arn:aws:cloudwatch:eu-west-1:111122223333:alarm:${name}`,
  account: '111122223333',
  region: 'eu-west-1',
  name,
  status: 'firing',
  severity: undefined,
  resource: undefined,
  dedupeKey: expect.stringMatching(/^[0-9a-f]{64}$/),
  tags: {},
  ...more,
})

const UNRESPONSIVE = alarm('redis-orders-unresponsive', {
  resource: ORDERS,
  occurredAt: '2026-11-20T03:12:07.344Z',
  // What release 0.3 made of it: an alarm that comes again after an update is known.
  dedupeKey: '0237bede38044ca4044693ebbe91dc598925c14bb945ceb5c0a75ec13bddb11d',
  reason:
    'Threshold Crossed: 3 out of the last 3 datapoints [6.0 (20/11/26 03:11:00), 6.0 (20/11/26 03:10:00), 5.0 (20/11/26 03:09:00)] were greater than the threshold (2.0) (minimum 3 datapoints for OK -> ALARM transition).',
  dimensions: { dcs_instance_id: ORDERS },
})

const ignored = (subject: string, why: string) => [{ ignored: why, subject }]

const EXPECTED: Record<string, unknown[]> = {
  'redis-unresponsive': [{ alarm: UNRESPONSIVE }],
  'lambda-action': [{ alarm: UNRESPONSIVE }],
  sns: [{ alarm: UNRESPONSIVE }],
  ok: [
    {
      alarm: {
        ...UNRESPONSIVE,
        status: 'resolved',
        dedupeKey: expect.not.stringMatching(UNRESPONSIVE.dedupeKey),
        reason:
          'Threshold Crossed: 1 out of the last 1 datapoints [0.0 (20/11/26 03:11:00)] was not greater than the threshold (2.0) (minimum 1 datapoint for ALARM -> OK transition).',
      },
    },
  ],
  // ALARM after ALARM: its waiting period is over.
  composite: [
    {
      alarm: alarm('redis-catalog-master-latency', {
        severity: 'major',
        occurredAt: '2026-11-20T03:12:07.402Z',
        reason:
          'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:redis-catalog-slow-commands transitioned to ALARM at Friday 20 November, 2026 03:10:07 UTC',
        dimensions: {},
        tags: { 'dcs-instance': CATALOG, severity: 'major' },
      }),
    },
  ],
  'metric-math': [
    {
      alarm: alarm('redis-accounts-unresponsive', {
        resource: ACCOUNTS,
        occurredAt: '2026-11-20T03:12:07.514Z',
        reason:
          'Threshold Crossed: 2 out of the last 2 datapoints [0.8 (20/11/26 03:11:00), 0.4 (20/11/26 03:10:00)] were greater than the threshold (0.1) (minimum 2 datapoints for OK -> ALARM transition).',
        dimensions: { dcs_instance_id: ACCOUNTS },
      }),
    },
  ],
  anomaly: [
    {
      alarm: alarm('warehouse-pending-containers', {
        resource: 'emr-4zvc5mul',
        occurredAt: '2026-11-20T03:12:07.624Z',
        reason:
          'Thresholds Crossed: 1 out of the last 1 datapoints [412.0 (20/11/26 03:11:00)] was less than the lower thresholds [13.1] or greater than the upper thresholds [90.6] (minimum 1 datapoint for OK -> ALARM transition).',
        dimensions: { emr_cluster_id: 'emr-4zvc5mul' },
      }),
    },
  ],
  contributor: [
    {
      alarm: alarm('redis-fleet-unresponsive', {
        resource: CATALOG,
        occurredAt: '2026-11-20T03:12:07.733Z',
        reason:
          'Threshold Crossed: 1 datapoint was greater than the threshold (2.0). The most recent datapoint which crossed the threshold: [6.0 (20/11/26 03:11:00)].',
        dimensions: { dcs_instance_id: CATALOG },
      }),
    },
  ],
  suppressed: ignored('redis-catalog-master-latency', 'its actions are suppressed by WaitPeriod'),
  muted: ignored('redis-orders-unresponsive', 'the alarm is muted'),
  initial: ignored('redis-orders-unresponsive', 'the alarm was just created'),
  replayed: ignored('redis-orders-unresponsive', 'replayed from an archive'),
  'no-data': ignored('redis-orders-unresponsive', 'no data'),
  'configuration-change': ignored(
    'redis-orders-unresponsive',
    'not a CloudWatch alarm state change: detail-type: it is a CloudWatch Alarm Configuration Change',
  ),
  'sns-plain-text': ignored(
    'Backup finished',
    expect.stringMatching(/^not a CloudWatch alarm state change: the body is not JSON/),
  ),
}

test.for(Object.entries(EXPECTED))('the sample %s is read', ([name, expected]) => {
  expect(readAlarmEvent(sample(name))).toEqual(expected)
})

test('every sample is expected to be something', () => {
  expect(readdirSync(SAMPLES).filter((file) => file.endsWith('.json'))).toEqual(
    Object.keys(EXPECTED)
      .map((name) => `${name}.json`)
      .sort(),
  )
})

const { Records } = sample('sns')
const { SigningCertUrl, UnsubscribeUrl, MessageAttributes, ...inQueue } = Records[0].Sns
const toTopic = (message: unknown) => ({ ...inQueue, Message: JSON.stringify(message) })

test.for<[string, unknown]>([
  ['by SNS in a queue', { ...inQueue, SigningCertURL: SigningCertUrl, UnsubscribeURL: UnsubscribeUrl }],
  ['by SNS in a queue, raw', JSON.parse(inQueue.Message)],
  ['as an event that EventBridge sent to a topic', toTopic(sample('redis-unresponsive'))],
  [
    'as an event of another id, delivered again',
    { ...sample('redis-unresponsive'), id: 'another', time: '2026-11-20T03:13:00Z' },
  ],
])('the transition %s is the same alarm', ([, event]) => {
  expect(readAlarmEvent(event)).toEqual([{ alarm: UNRESPONSIVE }])
})

const contributed = sample('contributor')
const { alarmContributor, state, configuration } = contributed.detail
const CONTRIBUTED = readAlarmEvent(contributed)

test.for<[string, object]>([
  [
    'SNS',
    toTopic({
      AlarmName: contributed.detail.alarmName,
      AlarmDescription: null,
      AWSAccountId: '111122223333',
      NewStateValue: state.value,
      NewStateReason: state.reason,
      StateChangeTime: state.timestamp,
      Region: 'EU - Ireland',
      AlarmArn: contributed.resources[0],
      OldStateValue: 'OK',
      AlarmContributorId: alarmContributor.id,
      AlarmContributorAttributes: alarmContributor.attributes,
      Trigger: {
        Period: 60,
        Metrics: [{ Expression: configuration.metrics[0].expression, Id: 'q1', ReturnData: true }],
      },
    }),
  ],
  [
    'an action',
    {
      source: 'aws.cloudwatch',
      alarmArn: contributed.resources[0],
      accountId: '111122223333',
      time: state.timestamp,
      region: 'eu-west-1',
      alarmData: contributed.detail,
    },
  ],
])('a contributor by %s is the same alarm', ([, event]) => {
  expect(readAlarmEvent(event)).toEqual(CONTRIBUTED)
})

type Event = ReturnType<typeof sample>

const keyOf = (event: Event): string | undefined => {
  const [item] = readAlarmEvent(event)
  return item && 'alarm' in item ? item.alarm.dedupeKey : undefined
}
const changed = (name: string, change: (event: Event) => void): Event => {
  const event = sample(name)
  change(event)
  return event
}

test.for<[string, string, (event: Event) => void]>([
  [
    'the next time',
    'redis-unresponsive',
    ({ detail }) => Object.assign(detail.state, { timestamp: '2026-11-20T03:13:07.344+0000' }),
  ],
  [
    'a millisecond later',
    'redis-unresponsive',
    ({ detail }) => Object.assign(detail.state, { timestamp: '2026-11-20T03:12:07.345+0000' }),
  ],
  ['its end', 'redis-unresponsive', ({ detail }) => Object.assign(detail.state, { value: 'OK' })],
  [
    'another region',
    'redis-unresponsive',
    (event) => event.resources.splice(0, 1, event.resources[0].replace('eu-west-1', 'eu-west-2')),
  ],
  [
    'another contributor',
    'contributor',
    ({ detail }) => Object.assign(detail.alarmContributor, { id: '00000000deadbeef' }),
  ],
  [
    'the alarm of a contributor',
    'contributor',
    (event) => {
      event['detail-type'] = 'CloudWatch Alarm State Change'
      delete event.detail.alarmContributor
    },
  ],
])('%s has another key', ([, name, change]) => {
  const key = keyOf(changed(name, change))
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(key).not.toBe(keyOf(sample(name)))
})

test.for([
  '2026-11-20T03:12:07.344Z',
  '2026-11-20T03:12:07.344+00:00',
  '2026-11-20T04:12:07.344+0100',
  '2026-11-20T03:12:07.344999+0000',
])('the instant counts, not how it is written: %s', (timestamp) => {
  expect(keyOf(changed('redis-unresponsive', ({ detail }) => Object.assign(detail.state, { timestamp })))).toBe(
    UNRESPONSIVE.dedupeKey,
  )
})
