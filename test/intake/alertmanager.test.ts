import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Alarm } from '../../lib/intake/alarm.ts'
import { alertmanager } from '../../lib/intake/alarms/alertmanager.ts'
import type { Reading } from '../../lib/intake/source.ts'

const TOKEN = 'Rk4mYt7pWz2nHc9d'
const BASIC = 'alertmanager:Gv6sQb1xLf8jWr3t'
const SETTINGS = alertmanager.settings.parse({ WEBHOOK_ALERTMANAGER_SECRETS: `${TOKEN},${BASIC}` })
const AT_MS = Date.parse('2026-11-20T03:12:40Z')
const unused = () => Promise.reject(new Error('unused'))

const bytes = (name: string) => readFileSync(`${import.meta.dirname}/../../events/alertmanager/${name}.json`)
const sample = (name: string) => JSON.parse(bytes(name).toString())

async function read(payload: unknown): Promise<Reading[]> {
  const delivery = { method: 'POST', headers: {}, query: {}, body: Buffer.alloc(0), atMs: AT_MS, deliveryId: undefined }
  return await alertmanager.read(payload, delivery, SETTINGS, unused)
}

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

test.for<[string, Reading[]]>([
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
])('the sample %s is read, alert by alert', async ([name, readings]) => {
  expect(await read(sample(name))).toStrictEqual(readings)
})

type Alert = ReturnType<typeof sample>

/** One alert, changed. */
async function readOne(change: (alert: Alert) => void): Promise<Reading | undefined> {
  const group = sample('repeated')
  change(group.alerts[0])
  const [reading, ...more] = await read(group)
  expect(more).toEqual([])
  return reading
}

const keyOf = async (change: (alert: Alert) => void = () => {}): Promise<string> => {
  const reading = await readOne(change)
  return reading && 'alarm' in reading ? reading.alarm.dedupeKey : expect.unreachable()
}

describe('the dedupe key', () => {
  test('is the same in every notification of the group, and again after the repeat interval', async () => {
    const keys = (await Promise.all(['redis-down', 'repeated'].map((name) => read(sample(name))))).flatMap(([first]) =>
      first && 'alarm' in first ? [first.alarm.dedupeKey] : [],
    )
    expect(keys).toHaveLength(2)
    expect(new Set(keys).size).toBe(1)
  })

  test.for<[string, (alert: Alert) => void]>([
    [
      'the same instant in another zone',
      (alert) => Object.assign(alert, { startsAt: '2026-11-20T11:12:07.344719258+08:00' }),
    ],
    ['the same instant in ms', (alert) => Object.assign(alert, { startsAt: '2026-11-20T03:12:07.344Z' })],
    [
      'annotations that tell of another value',
      (alert) => Object.assign(alert.annotations, { summary: 'for 6 minutes' }),
    ],
  ])('is the same for %s', async ([, change]) => {
    expect(await keyOf(change)).toBe(await keyOf())
  })

  test.for<[string, (alert: Alert) => void]>([
    ['the next occurrence', (alert) => Object.assign(alert, { startsAt: '2026-11-21T03:12:07.344719258Z' })],
    ['its end', (alert) => Object.assign(alert, { status: 'resolved' })],
    ['another alert', (alert) => Object.assign(alert, { fingerprint: 'b03e57c8f2194da6' })],
  ])('is another for %s', async ([, change]) => {
    expect(await keyOf(change)).not.toBe(await keyOf())
  })

  test('is of the labels, in any order, where an older sender has no fingerprint', async () => {
    const without = (labels: object) => keyOf((alert) => Object.assign(alert, { fingerprint: undefined, labels }))
    const { labels } = sample('repeated').alerts[0]
    const reversed = Object.fromEntries(Object.entries(labels).reverse())
    expect(await without(reversed)).toBe(await without(labels))
    expect(await without({ ...labels, team: 'other' })).not.toBe(await without(labels))
  })
})

test.for<[string, (alert: Alert) => void, string, string?]>([
  ['without a name', ({ labels }) => Object.assign(labels, { alertname: '' }), 'it has no alert name', 'alertmanager'],
  ['of another status', (alert) => Object.assign(alert, { status: 'suppressed' }), 'its status is "suppressed"'],
  ['without a start', (alert) => Object.assign(alert, { startsAt: '0001-01-01T00:00:00Z' }), 'its time cannot be read'],
  ['that starts some time', (alert) => Object.assign(alert, { startsAt: 'Friday' }), 'its time cannot be read'],
  ['that starts at a number', (alert) => Object.assign(alert, { startsAt: '1' }), 'its time cannot be read'],
  [
    'with labels that are none',
    (alert) => Object.assign(alert, { labels: { alertname: 'RedisDown', up: 0 } }),
    'no alert: labels.up: Invalid input: expected string, received number',
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
    'it only fires to inhibit others',
    'InfoInhibitor',
  ],
  [
    'of Grafana without data, sent on',
    ({ labels }) => Object.assign(labels, { alertname: 'DatasourceNoData', rulename: 'RedisDown' }),
    'its rule has no data',
    'DatasourceNoData: RedisDown',
  ],
  [
    'of Grafana for want of data, sent on',
    ({ annotations }) => Object.assign(annotations, { grafana_state_reason: 'Error, KeepLast' }),
    'it fires for another reason than its query: Error, KeepLast',
  ],
])('an alert %s is ignored, and said why', async ([, change, ignored, about = 'RedisDown']) => {
  expect(await readOne(change)).toEqual({ ignored, about })
})

test.for([
  ['page', 'critical'],
  ['CRITICAL', 'critical'],
  ['error', 'major'],
  ['warning', 'minor'],
  ['none', 'info'],
  ['toString', undefined],
] as const)('the severity %s is %s', async ([severity, expected]) => {
  expect(await readOne(({ labels }) => Object.assign(labels, { severity }))).toMatchObject({
    alarm: { severity: expected },
  })
})

test('an end that stands for none is none', async () => {
  const resolved = { status: 'resolved', endsAt: '0001-01-01T00:00:00Z' }
  expect(await readOne((alert) => Object.assign(alert, resolved))).toMatchObject({
    alarm: { status: 'resolved', occurredAt: '2026-11-20T03:12:07.344Z' },
  })
})

test('annotations are for people only', async () => {
  const reading = await readOne((alert) =>
    Object.assign(alert, { annotations: { description: `\ud800${'x'.repeat(600)}` } }),
  )
  expect(reading).toEqual({ alarm: { ...ORDERS, reason: `\ufffd${'x'.repeat(499)}` } })
})

test('of a huge group a hundred alerts are read, and the rest is told of', async () => {
  const group = sample('repeated')
  group.alerts = Array.from({ length: 130 }, () => group.alerts[0])
  group.truncatedAlerts = 7
  const readings = await read(group)
  expect(readings.filter((reading) => 'alarm' in reading)).toHaveLength(100)
  expect(readings.slice(100)).toEqual([
    { ignored: '30 more alerts: 100 of one delivery are read', about: 'steadyhand' },
    { ignored: '7 more alerts, which the sender cut off', about: 'steadyhand' },
  ])
})

test.for<[string, unknown, string]>([
  [
    'of Grafana',
    { ...sample('repeated'), version: '1' },
    'its payload is not of version 4, the one that Alertmanager sends',
  ],
  [
    'a template’s',
    { text: 'RedisDown' },
    'no group of alerts: alerts: Invalid input: expected array, received undefined',
  ],
  ['empty', { version: '4', alerts: [] }, 'no group of alerts: alerts: Too small: expected array to have >=1 items'],
  ['no object', 'RedisDown', 'no group of alerts: body: Invalid input: expected object, received string'],
])('a payload that is %s is ignored, and said why', async ([, payload, ignored]) => {
  expect(await read(payload)).toEqual([{ ignored, about: 'alertmanager' }])
})

test('an old sender names no version', async () => {
  expect(await read({ ...sample('repeated'), version: undefined })).toEqual([{ alarm: ORDERS }])
})

describe('a delivery', () => {
  const verify = (authorization: string | undefined, settings = SETTINGS) =>
    alertmanager.verify(
      { method: 'POST', headers: { authorization }, query: { token: TOKEN }, body: bytes('resolved'), atMs: AT_MS },
      settings,
      unused,
    )
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

  test.for([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, basic(BASIC)])('is authentic with %s', (authorization) => {
    expect(verify(authorization)).toBeUndefined()
  })

  test.for<[string, string | undefined, string]>([
    ['nothing but a token in the URL', undefined, 'header authorization is missing'],
    ['another token', `Bearer ${TOKEN}x`, 'fits no secret'],
    ['no token', 'Bearer ', 'is missing'],
    ['another password', basic('alertmanager:other'), 'fits no secret'],
    ['the header twice', `Bearer ${TOKEN},Bearer ${TOKEN}`, 'header authorization'],
  ])('is refused with %s', ([, authorization, message]) => {
    expect(() => verify(authorization)).toThrow(message)
  })

  test.for([TOKEN, BASIC])('signed with %s is authentic', (secret) => {
    const settings = alertmanager.settings.parse({ WEBHOOK_ALERTMANAGER_SECRETS: secret })
    const { authorization } = alertmanager.sign('{}', settings, { id: 'id', atMs: AT_MS }).headers
    expect(verify(authorization, settings)).toBeUndefined()
  })
})

test('whatever else it is, it is ignored and nothing is thrown', async () => {
  const any = fc.anything({ withNullPrototype: true, withBigInt: false })
  const field = fc.constantFrom('status', 'labels', 'annotations', 'startsAt', 'endsAt', 'fingerprint', 'ruleUID')
  const spoilt = fc.tuple(field, any).map(([name, value]) => {
    const group = sample('repeated')
    return { ...group, alerts: [{ ...group.alerts[0], [name]: value }] }
  })
  await fc.assert(
    fc.asyncProperty(fc.oneof(any, fc.record({ version: fc.constant('4'), alerts: any }), spoilt), async (payload) => {
      const readings = await read(payload)
      expect(readings.length).toBeGreaterThan(0)
      expect(readings.every((reading) => 'alarm' in reading || ('ignored' in reading && reading.about !== ''))).toBe(
        true,
      )
    }),
    { numRuns: 300 },
  )
})
