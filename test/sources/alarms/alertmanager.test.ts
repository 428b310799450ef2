import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Alarm } from '../../../lib/sources/alarm.ts'
import { alertmanager } from '../../../lib/sources/alarms/alertmanager.ts'
import type { DeliveryItem } from '../../../lib/sources/source.ts'
import { deliveryOf, noWeb, readBy, type Sample, sampleOf } from '../sample.ts'

const TOKEN = 'Rk4mYt7pWz2nHc9d'
const SETTINGS = alertmanager.settings.parse({ WEBHOOK_ALERTMANAGER_SECRETS: TOKEN })

const sample = (name: string): Sample => sampleOf('alertmanager', name)
const read = (payload: unknown): DeliveryItem[] => readBy(alertmanager, payload, SETTINGS)

function redisDown(name: string, id: string): Alarm {
  return {
    source: 'alertmanager',
    identity: 'RedisDown',
    name: 'RedisDown',
    account: '',
    region: '',
    status: 'firing',
    severity: 'critical',
    resource: `redis-exporter-${name}:9121`,
    occurredAt: '2026-11-20T03:12:07.344Z',
    dedupeKey: expect.stringMatching(/^[0-9a-f]{64}$/),
    reason: `${name} has not answered PING for 2 minutes`,
    dimensions: {
      alertname: 'RedisDown',
      cluster: 'eu-shop',
      dcs_instance_id: id,
      instance: `redis-exporter-${name}:9121`,
      job: 'redis',
      severity: 'critical',
      team: 'shop',
    },
    tags: {},
  }
}

const ORDERS = redisDown('orders-cache', '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef')
const CATALOG = redisDown('catalog-cache', '9c47de18-60fb-4f3e-8a25-7b90cd13e642')
const ACCOUNTS = redisDown('accounts-cache', '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913')

test.for<[string, DeliveryItem[]]>([
  [
    'redis-down',
    [
      { alarm: ORDERS },
      { alarm: { ...CATALOG, occurredAt: '2026-11-20T03:12:22.344Z' } },
      { alarm: { ...ACCOUNTS, status: 'resolved', occurredAt: '2026-11-20T03:11:37.344Z' } },
    ],
  ],
  ['repeated', [{ alarm: ORDERS }]],
  ['resolved', [{ alarm: { ...ORDERS, status: 'resolved', occurredAt: '2026-11-20T03:19:37.344Z' } }]],
])('the sample %s is read, alert by alert', ([name, items]) => {
  expect(read(sample(name))).toStrictEqual(items)
})

/** One alert, changed. */
function readOne(change: (alert: Sample) => void): DeliveryItem | undefined {
  const group = sample('repeated')
  change(group.alerts[0])
  const [item, ...more] = read(group)
  expect(more).toEqual([])
  return item
}

const keyOf = (change: (alert: Sample) => void = () => {}): string => {
  const item = readOne(change)
  return item && 'alarm' in item ? item.alarm.dedupeKey : expect.unreachable()
}

describe('the dedupe key', () => {
  test('is the same in every notification of the group, and again after the repeat interval', () => {
    const firsts = ['redis-down', 'repeated'].map((name) => read(sample(name))[0])
    const keys = firsts.flatMap((first) => (first && 'alarm' in first ? [first.alarm.dedupeKey] : []))
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
  })

  test.for<[string, (alert: Sample) => void]>([
    [
      'the same instant in another zone',
      (alert) => Object.assign(alert, { startsAt: '2026-11-20T11:12:07.344719258+08:00' }),
    ],
    ['the same instant in ms', (alert) => Object.assign(alert, { startsAt: '2026-11-20T03:12:07.344Z' })],
    [
      'annotations that tell of another value',
      (alert) => Object.assign(alert.annotations, { summary: 'for 6 minutes' }),
    ],
  ])('is the same for %s', ([, change]) => {
    expect(keyOf(change)).toBe(keyOf())
  })

  test.for<[string, (alert: Sample) => void]>([
    ['the next occurrence', (alert) => Object.assign(alert, { startsAt: '2026-11-21T03:12:07.344719258Z' })],
    ['its end', (alert) => Object.assign(alert, { status: 'resolved' })],
    ['another alert', (alert) => Object.assign(alert.labels, { instance: 'another' })],
  ])('is another for %s', ([, change]) => {
    expect(keyOf(change)).not.toBe(keyOf())
  })

  test('is of the labels, in any order', () => {
    const without = (labels: object) => keyOf((alert) => Object.assign(alert, { fingerprint: undefined, labels }))
    const { labels } = sample('repeated').alerts[0]
    const reversed = Object.fromEntries(Object.entries(labels).reverse())
    expect(without(reversed)).toBe(without(labels))
    expect(without({ ...labels, team: 'other' })).not.toBe(without(labels))
  })
})

test.for<[string, (alert: Sample) => void, string, string?]>([
  ['without a name', ({ labels }) => Object.assign(labels, { alertname: '' }), 'it has no alert name', 'alertmanager'],
  ['of another status', (alert) => Object.assign(alert, { status: 'suppressed' }), 'the status is "suppressed"'],
  [
    'with labels that are none',
    (alert) => Object.assign(alert, { labels: { alertname: 'RedisDown', up: 0 } }),
    'not an alert: labels.up: must be a string, not a number',
    'alertmanager',
  ],
  [
    'that always fires',
    ({ labels }) => Object.assign(labels, { alertname: 'Watchdog' }),
    'it always fires, to show that alerts arrive',
    'Watchdog',
  ],
  [
    'that only inhibits',
    ({ labels }) => Object.assign(labels, { alertname: 'InfoInhibitor' }),
    'it fires only to inhibit other alerts',
    'InfoInhibitor',
  ],
  [
    'of Grafana without data, sent on',
    ({ labels }) => Object.assign(labels, { alertname: 'DatasourceNoData', rulename: 'RedisDown' }),
    'the alert rule has no data',
    'DatasourceNoData: RedisDown',
  ],
  [
    'of Grafana for want of data, sent on',
    ({ annotations }) => Object.assign(annotations, { grafana_state_reason: 'Error, KeepLast' }),
    'it fires for a reason other than its query: Error, KeepLast',
  ],
])('an alert %s is ignored, and said why', ([, change, ignored, subject = 'RedisDown']) => {
  expect(readOne(change)).toEqual({ ignored, subject })
})

test.for([
  ['page', 'critical'],
  ['CRITICAL', 'critical'],
  ['error', 'major'],
  ['warning', 'minor'],
  ['none', 'info'],
  ['toString', undefined],
] as const)('the severity %s is %s', ([severity, expected]) => {
  expect(readOne(({ labels }) => Object.assign(labels, { severity }))).toMatchObject({
    alarm: { severity: expected },
  })
})

test('a placeholder for no end counts as no end', () => {
  const resolved = { status: 'resolved', endsAt: '0001-01-01T00:00:00Z' }
  expect(readOne((alert) => Object.assign(alert, resolved))).toMatchObject({
    alarm: { status: 'resolved', occurredAt: '2026-11-20T03:12:07.344Z' },
  })
})

test('annotations are for people only', () => {
  const item = readOne((alert) => Object.assign(alert, { annotations: { description: `\ud800${'x'.repeat(600)}` } }))
  expect(item).toEqual({ alarm: { ...ORDERS, reason: `\ufffd${'x'.repeat(499)}` } })
})

test('every alert of a huge group is read, and the ones that the sender left out are counted', () => {
  const group = sample('repeated')
  group.alerts = Array.from({ length: 1300 }, () => group.alerts[0])
  group.truncatedAlerts = 7
  const items = read(group)
  expect(items.filter((item) => 'alarm' in item)).toHaveLength(1300)
  expect(items.slice(1300)).toEqual([{ ignored: '7 more alerts that the sender left out', subject: 'steadyhand' }])
})

test.for<[string, unknown, string]>([
  ['of Grafana', { ...sample('repeated'), version: '1' }, 'the payload is not of version 4, which Alertmanager sends'],
  ['a template’s', { text: 'RedisDown' }, 'not a group of alerts: alerts: is missing'],
  ['empty', { version: '4', alerts: [] }, 'not a group of alerts: alerts: must have at least 1 items'],
  ['no object', 'RedisDown', 'not a group of alerts: body: must be an object, not a string'],
])('a payload that is %s is ignored, and said why', ([, payload, ignored]) => {
  expect(read(payload)).toEqual([{ ignored, subject: 'alertmanager' }])
})

test('an old sender names no version', () => {
  expect(read({ ...sample('repeated'), version: undefined })).toEqual([{ alarm: ORDERS }])
})

test('a token in the URL proves nothing', () => {
  const delivery = deliveryOf({ query: { token: TOKEN } })
  expect(() => alertmanager.verify(delivery, SETTINGS, noWeb)).toThrow('header authorization is missing')
})

test('whatever else it is, it is ignored and nothing is thrown', () => {
  const any = fc.anything({ withNullPrototype: true, withBigInt: false })
  const field = fc.constantFrom('status', 'labels', 'annotations', 'startsAt', 'endsAt', 'fingerprint', 'ruleUID')
  const spoilt = fc.tuple(field, any).map(([name, value]) => {
    const group = sample('repeated')
    return { ...group, alerts: [{ ...group.alerts[0], [name]: value }] }
  })
  fc.assert(
    fc.property(fc.oneof(any, fc.record({ version: fc.constant('4'), alerts: any }), spoilt), (payload) => {
      const items = read(payload)
      expect(items.length).toBeGreaterThan(0)
      expect(items.every((item) => 'alarm' in item || ('ignored' in item && item.subject !== ''))).toBe(true)
    }),
    { numRuns: 300 },
  )
})
