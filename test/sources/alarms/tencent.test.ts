import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BodyError } from '../../../lib/http/body.ts'
import type { Alarm } from '../../../lib/sources/alarm.ts'
import { tencent } from '../../../lib/sources/alarms/tencent.ts'
import type { DeliveryItem } from '../../../lib/sources/source.ts'
import { deliveryOf, noWeb, readBy, type Sample, sampleOf } from '../sample.ts'

const TOKEN = 'Vq8hZt3mKc6yPw1r'
const SETTINGS = tencent.settings.parse({ WEBHOOK_TENCENT_SECRETS: TOKEN })
const AT_MS = Date.parse('2026-11-20T03:17:30Z')

const sample = (name: string): Sample => sampleOf('tencent', name)

function read(payload: unknown, settings = SETTINGS): DeliveryItem {
  const [item, ...more] = readBy(tencent, payload, settings, { atMs: AT_MS })
  expect(more).toEqual([])
  return item ?? { ignored: 'nothing', subject: '' }
}

function alarmOf(payload: unknown, settings = SETTINGS): Alarm {
  const item = read(payload, settings)
  if (!('alarm' in item)) throw new Error(`no alarm: ${JSON.stringify(item)}`)
  return item.alarm
}

const DATANODE: Alarm = {
  source: 'tencent',
  identity: 'policy-w7k2d9qn',
  name: 'hdfs-datanode-stalled',
  account: '100000004321',
  region: 'ap-guangzhou',
  status: 'firing',
  severity: 'critical',
  resource: 'emr-4zvc5mul#172.16.114.142',
  occurredAt: '2026-11-20T03:12:00.000Z',
  dedupeKey: expect.stringMatching(/^[0-9a-f]{64}$/),
  reason: 'CallQueueLength > 400 Count: 997 Count',
  dimensions: {
    id4hdfsdatanode: 'emr-4zvc5mul',
    host4hdfsdatanode: '172.16.114.142',
    objId: 'emr-4zvc5mul#172.16.114.142',
    objName: 'warehouse(emr-4zvc5mul)|172.16.114.142',
    cluster_id: 'emr-4zvc5mul',
    host: '172.16.114.142',
    service: 'HDFS',
    component: 'DataNode',
  },
  tags: { team: 'data-platform' },
}

const PROCESS: Alarm = {
  source: 'tencent',
  identity: 'emr-process-unavailable',
  name: 'emr-process-unavailable',
  account: '100000004321',
  region: 'ap-guangzhou',
  status: 'firing',
  severity: undefined,
  resource: 'emr-4zvc5mul',
  occurredAt: '2026-11-20T03:12:30.000Z',
  dedupeKey: expect.stringMatching(/^[0-9a-f]{64}$/),
  reason: 'The node process is unavailable',
  dimensions: {
    unInstanceId: 'emr-4zvc5mul',
    role: 'ResourceManager',
    cluster_id: 'emr-4zvc5mul',
    host: '172.16.114.127',
    service: 'YARN',
    component: 'ResourceManager',
  },
  tags: {},
}

test.for<[string, DeliveryItem]>([
  ['hdfs-datanode-down', { alarm: DATANODE }],
  ['process-event', { alarm: PROCESS }],
  [
    'recovered',
    {
      alarm: {
        ...DATANODE,
        status: 'resolved',
        occurredAt: '2026-11-20T03:24:00.000Z',
        reason: 'CallQueueLength > 400 Count: 3 Count',
      },
    },
  ],
  [
    'templated',
    {
      ignored: 'not an alarm callback in the standard format: alarmStatus: is missing, or no status',
      subject: 'tencent',
    },
  ],
])('the sample %s is read', ([name, item]) => {
  expect(read(sample(name))).toStrictEqual(item)
})

test.for<[string, (callback: Sample) => void, string, string?]>([
  ['of an unknown status', (callback) => Object.assign(callback, { alarmStatus: '2' }), 'the status is "2"'],
  [
    'named like a property',
    (callback) => Object.assign(callback, { alarmStatus: 'toString' }),
    'the status is "toString"',
  ],
  [
    'without a policy',
    ({ alarmPolicyInfo }) => Object.assign(alarmPolicyInfo, { policyId: null, policyName: '' }),
    'it names no alarm policy',
    'tencent',
  ],
])('a callback %s is ignored, and said why', ([, change, ignored, subject = 'hdfs-datanode-stalled']) => {
  const callback = sample('hdfs-datanode-down')
  change(callback)
  expect(read(callback)).toEqual({ ignored, subject })
})

test('a number is as good as a text, and an odd field as good as none', () => {
  const callback = sample('hdfs-datanode-down')
  Object.assign(callback, { alarmStatus: 1, durationTime: '300', recoverTime: 0, alarmLevel: ['Serious'] })
  Object.assign(callback.alarmObjInfo, { uin: null, appId: 1250004321, region: 'qy' })
  Object.assign(callback.alarmPolicyInfo, { policyTags: null, tag: [7, null, { key: 'env', value: 1 }] })
  callback.alarmPolicyInfo.conditions = { metricName: 'm', calcType: '>', calcValue: 400 }
  expect(alarmOf(callback)).toEqual({
    ...DATANODE,
    account: '1250004321',
    region: 'qy',
    severity: undefined,
    reason: 'm > 400',
    tags: { env: '1' },
  })
})

test('the status counts, not recoverTime', () => {
  const recovered = { ...sample('recovered'), recoverTime: '0' }
  expect(alarmOf(recovered)).toMatchObject({ status: 'resolved', occurredAt: '2026-11-20T03:12:00.000Z' })
  const fired = { ...sample('hdfs-datanode-down'), recoverTime: '2026-11-20 11:24:00' }
  expect(alarmOf(fired)).toMatchObject({ status: 'firing', occurredAt: '2026-11-20T03:12:00.000Z' })
})

test.for([
  ['Serious', 'critical'],
  ['warn', 'minor'],
  ['Remind', 'info'],
  ['constructor', undefined],
] as const)('the level %s is %s', ([alarmLevel, severity]) => {
  expect(alarmOf({ ...sample('hdfs-datanode-down'), alarmLevel }).severity).toBe(severity)
})

test('times are those of the configured zone', () => {
  const settings = { ...SETTINGS, TENCENT_ALARM_ZONE: 'America/Sao_Paulo' }
  expect(alarmOf(sample('hdfs-datanode-down'), settings).occurredAt).toBe('2026-11-20T14:12:00.000Z')
})

describe('the dedupe key', () => {
  const keyOf = (name: string, change: (callback: Sample) => void = () => {}): string => {
    const callback = sample(name)
    change(callback)
    return alarmOf(callback).dedupeKey
  }

  test.for<[string, (callback: Sample) => void]>([
    ['another session', (callback) => Object.assign(callback, { sessionId: 'x', durationTime: 86400 })],
    ['another value', ({ alarmPolicyInfo }) => Object.assign(alarmPolicyInfo.conditions, { currentValue: '1024' })],
    ['a policy that was renamed', ({ alarmPolicyInfo }) => Object.assign(alarmPolicyInfo, { policyName: 'new' })],
    ['a cluster that was renamed', ({ alarmObjInfo }) => Object.assign(alarmObjInfo.dimensions, { objName: 'new' })],
    [
      'dimensions in another order',
      ({ alarmObjInfo }) => {
        alarmObjInfo.dimensions = Object.fromEntries(Object.entries(alarmObjInfo.dimensions).reverse())
      },
    ],
  ])('is the same for %s', ([, change]) => {
    expect(keyOf('hdfs-datanode-down', change)).toBe(keyOf('hdfs-datanode-down'))
  })

  test.for<[string, (callback: Sample) => void]>([
    ['the next occurrence', (callback) => Object.assign(callback, { firstOccurTime: '2026-11-20 11:32:00' })],
    ['its end', (callback) => Object.assign(callback, { alarmStatus: '0' })],
    ['another policy', ({ alarmPolicyInfo }) => Object.assign(alarmPolicyInfo, { policyId: 'policy-other' })],
    ['another metric', ({ alarmPolicyInfo }) => Object.assign(alarmPolicyInfo.conditions, { metricName: 'other' })],
    ['another namespace', ({ alarmObjInfo }) => Object.assign(alarmObjInfo, { namespace: 'qce/txmr_yarn' })],
    [
      'another node',
      ({ alarmObjInfo }) => Object.assign(alarmObjInfo.dimensions, { host4hdfsdatanode: '172.16.114.143' }),
    ],
  ])('is another for %s', ([, change]) => {
    expect(keyOf('hdfs-datanode-down', change)).not.toBe(keyOf('hdfs-datanode-down'))
  })

  test('is another for another node of the same event', () => {
    const other = ({ alarmObjInfo }: Sample) =>
      Object.assign(alarmObjInfo.dimensions.objDetail, { host: '172.16.114.126' })
    expect(keyOf('process-event', other)).not.toBe(keyOf('process-event'))
  })
})

describe('dimensions of an EMR alarm', () => {
  const dimensionsOf = (namespace: string, dimensions: Record<string, unknown>) => {
    const callback = sample('hdfs-datanode-down')
    Object.assign(callback.alarmObjInfo, { namespace, dimensions })
    return alarmOf(callback).dimensions
  }

  test.for<[string, string, Record<string, unknown>, Record<string, string>]>([
    [
      'has no node, for the whole service',
      'QCE/TXMR_HDFS',
      { id4hdfsoverview: 'emr-4zvc5mul' },
      { id4hdfsoverview: 'emr-4zvc5mul', cluster_id: 'emr-4zvc5mul', service: 'HDFS' },
    ],
    [
      'has no service, for a machine',
      'qce/txmr_node',
      { id4nodecpu: 'emr-4zvc5mul', host4nodecpu: '172.16.114.126' },
      {
        id4nodecpu: 'emr-4zvc5mul',
        host4nodecpu: '172.16.114.126',
        cluster_id: 'emr-4zvc5mul',
        host: '172.16.114.126',
      },
    ],
    [
      'has no component that the table does not know, under any digits',
      'qce/txmr_presto',
      { id27prestoprestocoordinator: 'emr-4zvc5mul' },
      { id27prestoprestocoordinator: 'emr-4zvc5mul', cluster_id: 'emr-4zvc5mul', service: 'PRESTO' },
    ],
    [
      'stands in objId, where nothing else says it',
      'qce/txmr_hdfs',
      { objId: 'emr-4zvc5mul#172.16.114.126' },
      { objId: 'emr-4zvc5mul#172.16.114.126', cluster_id: 'emr-4zvc5mul', host: '172.16.114.126', service: 'HDFS' },
    ],
    [
      'is left out where two are named',
      'qce/txmr_hdfs',
      { id4hdfsdatanode: 'emr-4zvc5mul', host4hdfsdatanode: '172.16.114.141', objId: 'emr-7hb2m4tc#172.16.114.142' },
      {
        id4hdfsdatanode: 'emr-4zvc5mul',
        host4hdfsdatanode: '172.16.114.141',
        objId: 'emr-7hb2m4tc#172.16.114.142',
        service: 'HDFS',
        component: 'DataNode',
      },
    ],
    [
      'is never what a dimension only calls so',
      'qce/txmr_hdfs',
      { cluster_id: 'emr-4zvc5mul', component: 'NameNode' },
      { service: 'HDFS' },
    ],
    [
      'is no cluster whose id is none',
      'qce/txmr_hdfs',
      { id4hdfsdatanode: 'ins-4zvc5mul' },
      { id4hdfsdatanode: 'ins-4zvc5mul', service: 'HDFS', component: 'DataNode' },
    ],
  ])('%s', ([, namespace, given, expected]) => {
    expect(dimensionsOf(namespace, given)).toEqual(expected)
  })

  test('is nothing of it in an alarm of another product', () => {
    const given = { id4hdfsdatanode: 'emr-4zvc5mul', cluster_id: 'other', objId: 'cdb-1' }
    expect(dimensionsOf('qce/cdb', given)).toEqual(given)
  })
})

test('a dimension that is too long to be an id, or is no single value, is left out', () => {
  const callback = sample('hdfs-datanode-down')
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`d${index}`, 'v']))
  callback.alarmObjInfo.namespace = 'qce/cvm'
  callback.alarmObjInfo.dimensions = { long: 'x'.repeat(257), list: ['a'], none: null, flag: true, ...many }
  const { dimensions } = alarmOf(callback)
  expect(Object.keys(dimensions)).toHaveLength(50)
  expect(dimensions).toMatchObject({ d0: 'v', d49: 'v' })
})

describe('a delivery', () => {
  const verify = (headers: Record<string, string>, query = {}) =>
    tencent.verify(deliveryOf({ headers, query }), SETTINGS, noWeb)

  test('is authentic with a bearer, too', () => {
    expect(verify({ authorization: `Bearer ${TOKEN}` })).toBeUndefined()
  })

  test.for<[string, Record<string, string>, string]>([
    ['nothing', {}, 'header authorization or parameter token is missing'],
    ['an empty token', { token: '' }, 'header authorization or parameter token is missing'],
    ['two tokens', { token: `${TOKEN},${TOKEN}` }, 'matches no secret'],
    ['another token, and the right one', { token: `a,${TOKEN}` }, 'matches no secret'],
    ['a token that brings another', { token: `a&token=${TOKEN}` }, 'matches no secret'],
    ['a list of tokens', { 'token[]': TOKEN }, 'parameter token is missing'],
    ['a token by another name', { Token: TOKEN }, 'parameter token is missing'],
    ['a token and a space', { token: `${TOKEN} ` }, 'matches no secret'],
  ])('is refused with %s', ([, query, message]) => {
    expect(() => verify({}, query)).toThrow(message)
  })
})

describe('the answer', () => {
  const withCode = { ...SETTINGS, TENCENT_CALLBACK_CODE: 'c0de-7f3a' }
  const json = (body: string) => ({ contentType: 'application/json', body })

  test.for<[string, unknown, typeof SETTINGS, { contentType: string; body: string }]>([
    ['names the session', { sessionId: 's"1' }, SETTINGS, json('{"sessionId":"s\\"1","retCode":0}')],
    ['names it, code or not', { sessionId: 's1' }, withCode, json('{"sessionId":"s1","retCode":0}')],
    ['is the code, to a probe', undefined, withCode, { contentType: 'text/plain', body: 'c0de-7f3a' }],
    ['is the code, to a template', sample('templated'), withCode, { contentType: 'text/plain', body: 'c0de-7f3a' }],
    ['names no session that is none', { sessionId: { a: 1 } }, SETTINGS, json('{"retCode":0}')],
    ['names none to a probe', undefined, SETTINGS, json('{"retCode":0}')],
  ])('%s', ([, payload, settings, reply]) => {
    expect(tencent.reply?.(payload, [], settings)).toEqual(reply)
  })
})

test.for(['', ' ', 'code=1', '[]', 'null'])('the body %j is a probe, no error', (body) => {
  const payload = tencent.parse?.(Buffer.from(body))
  expect(read(payload)).toEqual({
    ignored: 'not an alarm callback in the standard format: the body is no JSON object',
    subject: 'tencent',
  })
})

test('a byte order mark before an alarm is passed over', () => {
  expect(tencent.parse?.(Buffer.from('\ufeff {"alarmStatus":"1"}'))).toEqual({ alarmStatus: '1' })
})

test('a body that begins like an alarm and is none is an error', () => {
  expect(() => tencent.parse?.(Buffer.from('{"sessionId":'))).toThrow(BodyError)
})

test('settings have defaults where the variables are empty', () => {
  const empty = { WEBHOOK_TENCENT_SECRETS: TOKEN, TENCENT_CALLBACK_CODE: '', TENCENT_ALARM_ZONE: '' }
  const settings = {
    WEBHOOK_TENCENT_SECRETS: [TOKEN],
    TENCENT_CALLBACK_CODE: undefined,
    TENCENT_ALARM_ZONE: 'Asia/Shanghai',
  }
  expect(tencent.settings.parse(empty)).toEqual(settings)
  expect(tencent.settings.parse({ WEBHOOK_TENCENT_SECRETS: TOKEN })).toEqual(settings)
})

test.for([
  { WEBHOOK_TENCENT_SECRETS: '' },
  { WEBHOOK_TENCENT_SECRETS: 'short' },
  { WEBHOOK_TENCENT_SECRETS: TOKEN, TENCENT_ALARM_ZONE: 'Shanghai' },
  { WEBHOOK_TENCENT_SECRETS: TOKEN, TENCENT_CALLBACK_CODE: 'two words' },
])('settings %j are refused', (settings) => {
  expect(tencent.settings.safeParse(settings).success).toBe(false)
})

test('whatever else it is, it is ignored and nothing is thrown', () => {
  const any = fc.anything({ withNullPrototype: true, withBigInt: false })
  const like = fc.record(
    {
      alarmStatus: fc.constantFrom<unknown>('1', 1, '0', {}),
      firstOccurTime: any,
      alarmObjInfo: any,
      alarmPolicyInfo: any,
    },
    { requiredKeys: [] },
  )
  const field = fc.constantFrom('alarmStatus', 'alarmLevel', 'recoverTime', 'alarmObjInfo', 'alarmPolicyInfo')
  const spoilt = fc.tuple(field, any).map(([name, value]) => ({ ...sample('hdfs-datanode-down'), [name]: value }))
  fc.assert(
    fc.property(fc.oneof(any, like, spoilt), (payload) => {
      const item = read(payload)
      expect('alarm' in item || ('ignored' in item && item.subject !== '')).toBe(true)
    }),
    { numRuns: 300 },
  )
})
