import { readdirSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { MASTER_OPERATIONS } from '../../../lib/services/dcs/operations/masters.ts'
import type { Alarm } from '../../../lib/sources/alarm.ts'
import { DCS_EVENTS } from '../../../lib/sources/alarms/huawei/events.ts'
import { createHuawei } from '../../../lib/sources/alarms/huawei.ts'
import { UnreachableError } from '../../../lib/sources/fetch-text.ts'
import type { DeliveryItem, FetchText } from '../../../lib/sources/source.ts'
import { changed, deliver, NOW, noWeb, ok, own, PROJECT, sampleOf, settingsOf, TOPIC, web } from './huawei/fixture.ts'

const ORDERS = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const CATALOG = '9c47de18-60fb-4f3e-8a25-7b90cd13e642'
const ACCOUNTS = '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913'

/** The items that the rules get: signed, verified and read. */
async function itemsOf(body: string, fetchText: FetchText = noWeb): Promise<DeliveryItem[]> {
  const settings = settingsOf({ HUAWEI_SMN_CERTIFICATE: own.certificate })
  const [source, delivery] = [createHuawei(), deliver(body)]
  const deliveryId = await source.verify(delivery, settings, noWeb)
  return source.read(JSON.parse(delivery.body.toString()), { ...delivery, deliveryId, settings }, fetchText)
}

async function alarmOf(body: string): Promise<Alarm> {
  const [item] = await itemsOf(body)
  if (!item || !('alarm' in item)) throw new Error(`no alarm: ${JSON.stringify(item)}`)
  return item.alarm
}

async function ignoredOf(body: string): Promise<string> {
  const [item] = await itemsOf(body)
  return item && 'ignored' in item ? item.ignored : `not ignored: ${JSON.stringify(item)}`
}

/** The message of the sample with fields changed, and those of its template_variable. */
function message(sample: string, fields: Record<string, unknown>, variables: Record<string, unknown> = {}): string {
  const all = JSON.parse(JSON.parse(sampleOf(sample)).message)
  const template_variable = { ...all.template_variable, ...variables }
  return changed(sample, { message: JSON.stringify({ ...all, template_variable, ...fields }) })
}

const KEY = expect.stringMatching(/^[0-9a-f]{64}$/)
const MEMORY = {
  source: 'huawei',
  identity: 'al1763608200000Kc4vQ9xTz',
  name: 'redis-memory-high',
  account: 'steadyhand-ops',
  region: 'cn-north-4',
  severity: 'critical',
  resource: ORDERS,
  dedupeKey: KEY,
  dimensions: { dcs_instance_id: ORDERS, namespace: 'SYS.DCS', metric_name: 'memory_usage' },
  tags: { env: 'prod', team: 'payments' },
  duringOwnRun: undefined,
}
const RESTARTS = ['restart', 'soft-restart', 'stop', 'start'].map((name) => `dcs.instance.${name}`)
const SWITCHES = ['dcs.instance.swap', 'dcs.shard.failover', ...RESTARTS, 'dcs.node.stop', 'dcs.node.start']

const EXPECTED: Record<string, DeliveryItem> = {
  alarm: {
    alarm: {
      ...MEMORY,
      status: 'firing',
      severity: 'critical',
      occurredAt: '2026-11-20T03:12:04.000Z',
      reason: `[CN North-Beijing4][Critical Alarm]Dear steadyhand-ops: The Memory Usage of Distributed Cache Service-DCS Redis Instances "orders-cache" (Private IP Address: 192.0.2.10, ID: ${ORDERS}), Raw data >= 90% for 2 consecutive periods,\nCurrent Data: 94.10%,\nat 11 20, 2026 11:12:04 GMT+08:00 triggered an alarm,Alarm Rule Name: redis-memory-high, You can log in to the Cloud Eye console to view details.`,
    },
  },
  ok: {
    alarm: {
      ...MEMORY,
      status: 'resolved',
      severity: 'critical',
      occurredAt: '2026-11-20T03:31:04.000Z',
      reason: `[CN North-Beijing4][Critical Ok]Dear steadyhand-ops: The Memory Usage of Distributed Cache Service-DCS Redis Instances "orders-cache" (Private IP Address: 192.0.2.10, ID: ${ORDERS}), \nCurrent Data: 61.37%,\nat 11 20, 2026 11:31:04 GMT+08:00 changed to OK from Alarm,Alarm Rule Name: redis-memory-high, You can log in to the Cloud Eye console to view details.`,
    },
  },
  'node-event': {
    alarm: {
      ...MEMORY,
      identity: 'al1763608500000Hn2sW6yEr',
      name: 'redis-node-abnormal',
      status: 'firing',
      severity: 'major',
      resource: CATALOG,
      occurredAt: '2026-11-20T03:12:11.000Z',
      reason: `[CN North-Beijing4][Major Alarm]Dear steadyhand-ops: The event "redisNodeStatusAbnormal" of Distributed Cache Service "catalog-cache" (ID: ${CATALOG}), a node of the instance is abnormal, at 11 20, 2026 11:12:11 GMT+08:00 triggered an alarm,Alarm Rule Name: redis-node-abnormal, You can log in to the Cloud Eye console to view details.`,
      dimensions: { dcs_instance_id: CATALOG, namespace: 'SYS.DCS', metric_name: 'redisNodeStatusAbnormal' },
      tags: {},
      duringOwnRun: SWITCHES,
    },
  },
  switchover: {
    alarm: {
      ...MEMORY,
      identity: 'al1763608560000Jt5qM1uFo',
      name: 'redis-switchover',
      status: 'firing',
      severity: 'major',
      resource: ACCOUNTS,
      occurredAt: '2026-11-20T03:12:21.000Z',
      reason: `[CN North-Beijing4][Major Alarm]Dear steadyhand-ops: The event "masterStandbySwitchover" of Distributed Cache Service "accounts-cache" (ID: ${ACCOUNTS}), master and standby were switched over by a user, at 11 20, 2026 11:12:11 GMT+08:00 triggered an alarm,Alarm Rule Name: redis-switchover, You can log in to the Cloud Eye console to view details.`,
      dimensions: { dcs_instance_id: ACCOUNTS, namespace: 'SYS.DCS', metric_name: 'masterStandbySwitchover' },
      tags: {},
      duringOwnRun: SWITCHES,
    },
  },
  'old-2022-shape': {
    alarm: {
      ...MEMORY,
      identity: 'al1653291600000Yb7gD4iCw',
      name: 'redis-cpu-high',
      status: 'firing',
      severity: 'major',
      resource: CATALOG,
      occurredAt: '2026-11-20T03:10:00.000Z',
      reason: `[cn-north-4][Major Alarm]Dear steadyhand-ops: The CPU Usage of Distributed Cache Service-DCS Redis Instances "catalog-cache" (ID: ${CATALOG}), average >= 70% for 3 consecutive periods, at 11/20/2026 11:10:00 GMT+08:00 triggered an alarm.`,
      dimensions: { dcs_instance_id: CATALOG, namespace: 'SYS.DCS', metric_name: 'cpu_usage' },
      tags: {},
    },
  },
  'plain-text': {
    ignored: 'not an alarm message of Cloud Eye: it is plain text, or made by a template',
    subject: 'Deployment window',
  },
  'subscription-confirmation': { ignored: 'subscription confirmed', subject: TOPIC },
  'unsubscribe-confirmation': {
    ignored: 'subscription cancelled: to receive alarms again, subscribe this address to the topic again',
    subject: TOPIC,
  },
}

test('every sample has an expected result', () => {
  const files = readdirSync(`${import.meta.dirname}/../../../events/huawei`).filter((file) => file.endsWith('.json'))
  expect(files.map((file) => file.replace('.json', '')).sort()).toEqual(Object.keys(EXPECTED).sort())
})

test.for(Object.entries(EXPECTED))('%s is read', async ([name, expected]) => {
  const { fetchText } = web(() => ok('{"subscription_urn":"urn"}'))
  expect(await itemsOf(sampleOf(name), fetchText)).toEqual([expected])
})

describe('is ignored', () => {
  test.for<[string, string, string]>([
    ['no data', message('alarm', { alarm_status: 'insufficient_data' }), 'Cloud Eye has no data'],
    ['an invalid alarm', message('alarm', { alarm_status: 'invalid' }), 'Cloud Eye has no data'],
    [
      'a recovery without data',
      message('node-event', { metric_name: 'redisNodeStatusNormal', alarm_status: 'invalid' }),
      'Cloud Eye has no data',
    ],
    ['an unknown status', message('alarm', { alarm_status: 'Paused' }), 'the status is "paused"'],
    ['a status of an object', message('alarm', { alarm_status: 'toString' }), 'the status is "tostring"'],
    [
      'no status',
      message('alarm', { alarm_status: null }, { IsAlarm: 'valueOf' }),
      'not an alarm message of Cloud Eye: alarm_status is missing',
    ],
    ['a repeat', message('alarm', {}, { IsCycleTrigger: true }), 'repeats an earlier alarm'],
    ['a repeat, in text', message('alarm', {}, { IsCycleTrigger: 'True' }), 'repeats an earlier alarm'],
    [
      'no alarm id',
      message('alarm', { alarm_id: ' ' }, { AlarmId: null }),
      'not an alarm message of Cloud Eye: alarm_id is missing',
    ],
    [
      'a template in JSON',
      changed('alarm', { message: '{"version":"v1","data":{"IsAlarm":true}}' }),
      'not an alarm message of Cloud Eye: alarm_id is missing',
    ],
    [
      'a list',
      changed('alarm', { message: '[]' }),
      'not an alarm message of Cloud Eye: it is plain text, or made by a template',
    ],
    [
      'an empty message',
      changed('alarm', { message: '' }),
      'not an alarm message of Cloud Eye: it is plain text, or made by a template',
    ],
  ])('%s', async ([, body, why]) => {
    expect(await ignoredOf(body)).toBe(why)
  })

  test('under the name of the alarm', async () => {
    expect(await itemsOf(message('alarm', { alarm_status: 'invalid' }))).toEqual([
      { ignored: 'Cloud Eye has no data', subject: 'redis-memory-high' },
    ])
  })
})

describe('is resolved', () => {
  test.for<[string, string]>([
    ['what was resolved by hand', message('alarm', { alarm_status: 'ok_manual' })],
    ['a status in capitals', message('alarm', { alarm_status: 'OK' })],
    ['without a status, what is no alarm', message('ok', { alarm_status: undefined })],
    ['a node that is normal again', message('node-event', { metric_name: 'redisNodeStatusNormal' })],
    ['an instance that is normal again', message('node-event', { metric_name: 'memcachedInstanceStatusNormal' })],
    ['the repeat of a recovery', message('ok', {}, { IsCycleTrigger: true })],
  ])('%s', async ([, body]) => {
    expect((await alarmOf(body)).status).toBe('resolved')
  })
})

describe('of the variables of the template', () => {
  test('none is needed', async () => {
    expect(await alarmOf(message('alarm', { template_variable: undefined }))).toEqual({
      ...MEMORY,
      status: 'firing',
      account: PROJECT,
      severity: undefined,
      occurredAt: '2026-11-20T03:12:04.000Z',
      reason: expect.stringContaining('The Memory Usage'),
      tags: {},
    })
  })

  test.for([[null], ['text'], [[]], [42]])('%j is none', async ([template_variable]) => {
    expect((await alarmOf(message('alarm', { template_variable }))).account).toBe(PROJECT)
  })

  test('they replace missing fields', async () => {
    const missing = { alarm_id: null, alarm_name: null, alarm_status: null, dimension: null }
    expect(await alarmOf(message('alarm', missing))).toMatchObject({
      identity: MEMORY.identity,
      name: MEMORY.name,
      status: 'firing',
      dimensions: MEMORY.dimensions,
    })
  })
})

test.for([
  ['Critical', 'critical'],
  ['紧急', 'critical'],
  ['MAJOR', 'major'],
  ['重要', 'major'],
  [3, 'minor'],
  ['次要', 'minor'],
  ['Informational', 'info'],
  ['提示', 'info'],
  ['valueOf', undefined],
  [null, undefined],
] as const)('the level %j is %s', async ([AlarmLevel, severity]) => {
  expect((await alarmOf(message('alarm', {}, { AlarmLevel }))).severity).toBe(severity)
})

describe('the region is', () => {
  test.for([
    ['the one of the resource: a notification group is of one region, and tells of all', 'cn-east-3', 'cn-east-3'],
    ['the one of the topic, where the resource has none', undefined, 'cn-north-4'],
    ['the one of the topic, where it has a name', 'CN East-Shanghai1', 'cn-north-4'],
    ['the one of the topic, where it is no region', 'cn-north-4.evil.example', 'cn-north-4'],
  ] as const)('%s', async ([, RegionId, region]) => {
    expect((await alarmOf(message('alarm', {}, { RegionId }))).region).toBe(region)
  })
})

describe('dimensions', () => {
  const rest = { namespace: 'SYS.DCS', metric_name: 'memory_usage' }
  test.for<[string, unknown, Record<string, string>]>([
    [
      'are several',
      `dcs_instance_id:${CATALOG},dcs_cluster_redis_node:a1`,
      { dcs_instance_id: CATALOG, dcs_cluster_redis_node: 'a1' },
    ],
    ['may have spaces about them', ' a : 1 , b : 2 ', { dcs_instance_id: ORDERS, a: '1', b: '2' }],
    ['end at the first colon', 'mount_point:C:\\data', { dcs_instance_id: ORDERS, mount_point: 'C:\\data' }],
    ['are a list', [{ name: 'a', value: 1 }], { dcs_instance_id: ORDERS, a: '1' }],
    ['are an object', { a: true, b: {}, c: null }, { dcs_instance_id: ORDERS, a: 'true' }],
    ['are what has both name and value', ':x,y,,a:1', { dcs_instance_id: ORDERS, a: '1' }],
    ['never hide what it is about', 'namespace:x,metric_name:y', { dcs_instance_id: ORDERS }],
    ['have no other prototype', '__proto__:x,a:1', { dcs_instance_id: ORDERS, a: '1' }],
    ['with one name twice are neither', 'a:1,b:2,a:3', { dcs_instance_id: ORDERS, b: '2' }],
    ['with one name and value twice are neither', 'a:1,b:2,a:1', { dcs_instance_id: ORDERS, b: '2' }],
    ['with one name twice, once with spaces, are neither', 'a:1, a :3', { dcs_instance_id: ORDERS }],
    ['with one name twice, once too long, are neither', `a:1,a:${'x'.repeat(256)}`, { dcs_instance_id: ORDERS }],
    [
      'with one name twice, far apart, are neither',
      `a:1,${Array.from({ length: 49 }, (_, at) => `k${at}:v`).join()},a:2`,
      { dcs_instance_id: ORDERS, ...Object.fromEntries(Array.from({ length: 49 }, (_, at) => [`k${at}`, 'v'])) },
    ],
    [
      'of a list with one name twice are neither',
      [
        { name: 'a', value: '1' },
        { key: 'a', value: '2' },
      ],
      { dcs_instance_id: ORDERS },
    ],
    ['are left out where they are too long', `a:${'x'.repeat(256)}`, { dcs_instance_id: ORDERS }],
    [
      'are fifty at the most',
      Array.from({ length: 60 }, (_, at) => `k${at}:v`).join(),
      {
        dcs_instance_id: ORDERS,
        ...Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, 'v'])),
      },
    ],
    [
      'of an object are fifty at the most, too',
      Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`k${at}`, 'v'])),
      { dcs_instance_id: ORDERS, ...Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`k${at}`, 'v'])) },
    ],
  ])('%s', async ([, dimension, dimensions]) => {
    expect((await alarmOf(message('alarm', { dimension }))).dimensions).toEqual({ ...dimensions, ...rest })
  })

  test.for<[string, Record<string, unknown>, Record<string, unknown>, string | undefined]>([
    ['the resource, of DCS', {}, {}, ORDERS],
    ['no resource of another service', { namespace: 'SYS.ECS' }, {}, undefined],
    ['the resource of an event of DCS', { namespace: null, metric_name: 'nodeRestarted' }, {}, ORDERS],
    ['no resource that is no instance', {}, { ResourceId: 'orders-cache' }, undefined],
    ['the resource of an event', {}, { ResourceId: '', EventContent: `{"resource_id":"${CATALOG}"}` }, CATALOG],
    ['the one in its detail', {}, { ResourceId: null, EventContent: { detail: { resource_id: CATALOG } } }, CATALOG],
    [
      'the one of its dimensions',
      {},
      { EventContent: { dimensions: [{ name: 'dcs_instance_id', value: CATALOG }] } },
      CATALOG,
    ],
    ['none of an event that cannot be read', {}, { ResourceId: null, EventContent: '{"resource_id":' }, undefined],
  ])('have as their instance %s', async ([, fields, variables, instance]) => {
    const { dimensions } = await alarmOf(message('alarm', { dimension: '', ...fields }, variables))
    expect(dimensions.dcs_instance_id).toBe(instance)
  })
})

test.for<[string, unknown, Record<string, string>]>([
  ['an object', { env: 'prod', n: 1 }, { env: 'prod', n: '1' }],
  ['a list', [{ key: 'env', value: 'prod' }, null, { key: 'x' }], { env: 'prod' }],
  ['text with equals signs', 'env=prod,team=a=b', { env: 'prod', team: 'a=b' }],
  ['text with colons', 'env:prod', { env: 'prod' }],
  ['text that has one name twice', 'env=prod,severity=critical,severity=info', { env: 'prod' }],
  ['nothing', null, {}],
])('tags may be %s', async ([, ResourceTags, tags]) => {
  expect((await alarmOf(message('alarm', {}, { ResourceTags }))).tags).toEqual(tags)
})

describe('the time is', () => {
  test.for([
    ['text', '1795144324000', '2026-11-20T03:12:04.000Z'],
    ['when it was sent, where it is missing', undefined, '2026-11-20T03:12:10.000Z'],
    ['when it was sent, where it cannot be read', 'now', '2026-11-20T03:12:10.000Z'],
    ['when it was sent, where no calendar has it', 1e300, '2026-11-20T03:12:10.000Z'],
    ['when it was sent, where it is none', -1, '2026-11-20T03:12:10.000Z'],
  ] as const)('%s', async ([, time, occurredAt]) => {
    expect((await alarmOf(message('alarm', { time }))).occurredAt).toBe(occurredAt)
  })
})

describe('the key', () => {
  const keyOf = async (body: string) => (await alarmOf(body)).dedupeKey

  test.for<[string, string]>([
    ['another language', message('alarm', { default_content: '紧急' }, { AlarmLevel: '紧急', Region: '华北' })],
    ['other variables', message('alarm', { template_variable: {} })],
  ])('is the same by %s', async ([, body]) => {
    expect(await keyOf(body)).toBe(await keyOf(sampleOf('alarm')))
  })

  test.for<[string, string]>([
    ['rule', message('alarm', { alarm_id: 'al2' })],
    ['metric', message('alarm', { metric_name: 'cpu_usage' })],
    ['instance', message('alarm', { dimension: `dcs_instance_id:${CATALOG}` })],
    ['node', message('alarm', { dimension: `dcs_instance_id:${ORDERS},dcs_cluster_redis_node:a` })],
    ['status', message('alarm', { alarm_status: 'ok' })],
    ['time', message('alarm', { time: 1795144325000 })],
  ])('is another for another %s', async ([, body]) => {
    expect(await keyOf(body)).not.toBe(await keyOf(sampleOf('alarm')))
  })

  test('is the same through another topic, with another id and at another time', async () => {
    const settings = settingsOf({ WEBHOOK_HUAWEI_TOPICS: `${TOPIC},${TOPIC}-2` })
    const delivery = deliver(changed('alarm', { topic_urn: `${TOPIC}-2` }), { id: 'two', atMs: NOW + 60_000 })
    const payload = JSON.parse(delivery.body.toString())
    const [item] = await createHuawei().read(payload, { ...delivery, deliveryId: 'two', settings }, noWeb)
    expect(item).toEqual({ alarm: await alarmOf(sampleOf('alarm')) })
  })

  test('is another for another resource, where there is no dimension', async () => {
    const other = message('node-event', {}, { ResourceId: ORDERS })
    expect(await keyOf(other)).not.toBe(await keyOf(sampleOf('node-event')))
  })
})

describe('events', () => {
  test('name operations of the catalogue, of DCS', () => {
    const named = [...DCS_EVENTS.values()].flatMap(({ duringOwnRun }) => duringOwnRun)
    expect(named.filter((name) => !CATALOGUE.has(name) || !name.startsWith('dcs.'))).toEqual([])
  })

  test.for([...DCS_EVENTS.keys()].filter((id) => id.includes('Switch') || id.includes('Failover')))(
    '%s may be the echo of whatever changes masters, and of a restart',
    async (metric_name) => {
      const { duringOwnRun } = await alarmOf(message('switchover', { metric_name }))
      const masters = MASTER_OPERATIONS.map(({ name }) => name)
      expect(duringOwnRun).toEqual(expect.arrayContaining([...masters, 'dcs.instance.restart']))
    },
  )

  test('are recognized by their content if the metric has another name', async () => {
    const body = message(
      'switchover',
      { metric_name: '主备倒换' },
      { EventContent: '{"event_name":"masterStandbySwitchover"}' },
    )
    expect((await alarmOf(body)).duringOwnRun).toEqual(SWITCHES)
  })

  const id = 'masterStandbySwitchover'
  test.for<[string, unknown, boolean]>([
    ['the name alone', id, true],
    ['the name alone, with spaces about it', ` ${id}\n`, true],
    ['an object that names it', { event_name: id }, true],
    ['a detail that names it', { detail: { event_name: id } }, true],
    ['a text in which it stands', `no ${id} was seen`, false],
    ['a name that begins with it', `${id}2`, false],
    ['a name that ends with it', `x_${id}`, false],
    ['another case', id.toUpperCase(), false],
    ['another field that has it', { event_type: id }, false],
    ['two names', { event_name: id, detail: { event_name: 'nodeRestarted' } }, false],
    ['a property of all objects', { event_name: 'constructor' }, false],
  ])('are known by their whole name: %s', async ([, EventContent, isKnown]) => {
    const { duringOwnRun } = await alarmOf(message('switchover', { metric_name: '主备倒换' }, { EventContent }))
    expect(duringOwnRun).toEqual(isKnown ? SWITCHES : undefined)
  })

  test.for(['redisNodeStatusNormal is not so', 'redisNodeStatusNormal2', 'redisNodeStatusAbnormal'])(
    '%s is no recovery',
    async (EventContent) => {
      const body = message('switchover', { metric_name: '节点状态' }, { EventContent })
      expect((await alarmOf(body)).status).toBe('firing')
    },
  )

  test.for<[string, string, string | undefined]>([
    ['agree', ORDERS, ORDERS],
    ['disagree', CATALOG, undefined],
  ])('whose dimensions in two places %s', async ([, other, expected]) => {
    const EventContent = { dimensions: [{ name: 'cache', value: other }] }
    const { dimensions } = await alarmOf(message('switchover', { dimension: `cache:${ORDERS}` }, { EventContent }))
    expect(dimensions.cache).toBe(expected)
  })

  test.for(['scriptsStopped', 'instanceBackupFailure', 'constructor'])('%s is the echo of nothing', async (id) => {
    expect(await alarmOf(message('switchover', { metric_name: id }))).toMatchObject({
      status: 'firing',
      duringOwnRun: undefined,
    })
  })
})

describe('a subscription', () => {
  const sample = sampleOf('subscription-confirmation')
  const link: string = JSON.parse(sample).subscribe_url

  test('is confirmed by one request', async () => {
    const { asked, fetchText } = web(() => ok('{"subscription_urn":"urn"}'))
    await itemsOf(sample, fetchText)
    expect(asked).toEqual([link])
  })

  test.for([
    ['a page', 200, '<html>password'],
    ['a redirect', 302, '{"subscription_urn":"urn"}'],
    ['a link that has expired', 404, ''],
  ] as const)('is not confirmed by %s', async ([, status, text]) => {
    const { fetchText } = web(() => ({ status, text }))
    expect(await itemsOf(sample, fetchText)).toEqual([
      {
        ignored: `subscription not confirmed: the link answered ${status} without a subscription; confirm it in the console`,
        subject: TOPIC,
      },
    ])
  })

  test.for<[string, () => { status: number; text: string } | Error]>([
    ['is down', () => ({ status: 502, text: '' })],
    ['is busy', () => ({ status: 429, text: '' })],
    ['does not answer', () => new UnreachableError('no answer in 3000 ms')],
  ])('is asked for again by SMN where the console %s', async ([, answer]) => {
    await expect(itemsOf(sample, web(answer).fetchText)).rejects.toThrow(UnreachableError)
  })

  test('of a link that leads elsewhere is not confirmed, and the link not followed', async () => {
    const body = changed('subscription-confirmation', { subscribe_url: link.replace('console.', 'console.evil.') })
    const { asked, fetchText } = web()
    expect(await itemsOf(body, fetchText)).toEqual([
      {
        ignored: 'subscription not confirmed: the link does not lead to SMN; confirm it in the console',
        subject: TOPIC,
      },
    ])
    expect(asked).toEqual([])
  })

  test('that was cancelled is left so: no link is followed', async () => {
    const { asked, fetchText } = web()
    await itemsOf(sampleOf('unsubscribe-confirmation'), fetchText)
    expect(asked).toEqual([])
  })
})

test('no odd message breaks it', async () => {
  const settings = settingsOf()
  const { message: text, ...envelope } = JSON.parse(sampleOf('alarm'))
  const known = JSON.parse(text)
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom('toString', '__proto__', '\ud83d', 1e300, '9'.repeat(400)))
  const variables = fc.record(Object.fromEntries(Object.keys(known.template_variable).map((key) => [key, odd])), {
    requiredKeys: [],
  })
  const fields = fc.record(Object.fromEntries(Object.keys(known).map((key) => [key, odd])), { requiredKeys: [] })
  const messages = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc
      .tuple(fields, variables)
      .map(([top, template_variable]) =>
        JSON.stringify({ ...known, ...top, template_variable: { ...known.template_variable, ...template_variable } }),
      ),
  )
  const source = createHuawei()
  const delivery = { ...deliver(sampleOf('plain-text')), deliveryId: 'one', settings }
  const read = async (message: string) => {
    const [item] = await source.read({ ...envelope, message: message.toWellFormed() }, delivery, noWeb)
    if (!item || !('alarm' in item)) {
      expect(item).toMatchObject({ ignored: expect.any(String) })
      return
    }
    const { occurredAt, dimensions, tags, reason } = item.alarm
    expect(new Date(occurredAt).toISOString()).toBe(occurredAt)
    expect([...Object.values(dimensions), ...Object.values(tags)].every((value) => typeof value === 'string')).toBe(
      true,
    )
    expect(JSON.stringify(item).isWellFormed() && reason.length <= 500).toBe(true)
  }
  await fc.assert(fc.asyncProperty(messages, read), { numRuns: 500 })
})

test('the time at which a sample is sent is the time of the message', () => {
  const { timestamp } = JSON.parse(deliver(sampleOf('alarm'), { atMs: NOW + 1500 }).body.toString())
  expect(timestamp).toBe('2026-11-20T03:12:11Z')
})
