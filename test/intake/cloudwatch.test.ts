import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readCloudWatch } from '../../lib/intake/alarms/cloudwatch.ts'

const sample = () =>
  JSON.parse(readFileSync(`${import.meta.dirname}/../../events/cloudwatch/redis-unresponsive.json`, 'utf8'))

test('a change to ALARM is an alarm', () => {
  expect(readCloudWatch(sample())).toEqual({
    alarm: {
      source: 'cloudwatch',
      identity: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:redis-orders-unresponsive',
      name: 'redis-orders-unresponsive',
      account: '111122223333',
      region: 'eu-west-1',
      occurredAt: '2026-11-20T03:12:07.344Z',
      dedupeKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      reason: expect.stringMatching(/^Threshold Crossed: 3 out of the last 3/),
      dimensions: { dcs_instance_id: '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef' },
      tags: {},
    },
  })
})

type Event = ReturnType<typeof sample>

test.for<[string, (event: Event) => void, string]>([
  ['back to OK', ({ detail }) => Object.assign(detail.state, { value: 'OK' }), 'its state is OK'],
  [
    'no data',
    ({ detail }) => Object.assign(detail.state, { value: 'INSUFFICIENT_DATA' }),
    'its state is INSUFFICIENT_DATA',
  ],
  [
    'suppressed',
    ({ detail }) => Object.assign(detail.state, { actionsSuppressedBy: 'Alarm' }),
    'its actions are suppressed by Alarm',
  ],
  ['muted', ({ detail }) => Object.assign(detail, { muteDetail: { mutedByArn: 'arn' } }), 'it is muted'],
  [
    'without a readable time',
    ({ detail }) => Object.assign(detail.state, { timestamp: 'not a time' }),
    'its time cannot be read',
  ],
  ['replayed', (event) => Object.assign(event, { 'replay-name': 'r' }), 'replayed from an archive'],
  [
    'just created',
    ({ detail }) =>
      Object.assign(detail.previousState, { value: 'INSUFFICIENT_DATA', reason: 'Unchecked: Initial alarm creation' }),
    'it was only just created',
  ],
  [
    'another event',
    (event) => Object.assign(event, { 'detail-type': 'CloudWatch Alarm Configuration Change' }),
    'not a CloudWatch alarm state change: detail-type: Invalid input: expected "CloudWatch Alarm State Change"',
  ],
])('%s is ignored, and said why', ([, change, ignored]) => {
  const event = sample()
  change(event)
  expect(readCloudWatch(event)).toEqual({ ignored })
})

test('ALARM after ALARM is an alarm: that is how a composite ends its waiting period', () => {
  const event = sample()
  event.detail.previousState.value = 'ALARM'
  expect(readCloudWatch(event)).toHaveProperty('alarm')
})

test('the key follows the transition, not the delivery', () => {
  const keyOf = (event: Event): string => {
    const reading = readCloudWatch(event)
    return 'alarm' in reading ? reading.alarm.dedupeKey : 'ignored'
  }
  const again = { ...sample(), id: 'another', time: '2026-11-20T03:12:59Z' }
  const later = sample()
  later.detail.state.timestamp = '2026-11-20T03:13:07.344+0000'
  expect(keyOf(again)).toBe(keyOf(sample()))
  expect(keyOf(later)).not.toBe(keyOf(sample()))
})

test('a dimension with two values names no resource; expressions have none', () => {
  const event = sample()
  const metric = (id: string): object => ({
    metricStat: { metric: { dimensions: { dcs_instance_id: id, env: 'prod' } } },
  })
  event.detail.configuration.metrics = [metric('a'), metric('b'), { expression: 'm1/m2', id: 'e' }]
  expect(readCloudWatch(event)).toMatchObject({ alarm: { dimensions: { env: 'prod' } } })
})

test.for([undefined, null, 'text', 7, [], {}, { detail: null }])('%j is ignored', (event) => {
  expect(readCloudWatch(event)).toEqual({ ignored: expect.stringContaining('not a CloudWatch alarm state change') })
})
