import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseStrictJson } from '../../../lib/http/body.ts'
import type { Alarm } from '../../../lib/sources/alarm.ts'
import { grafana } from '../../../lib/sources/alarms/grafana.ts'
import type { DeliveryItem } from '../../../lib/sources/source.ts'
import { bytesOf, deliveryOf, noWeb, readBy, type Sample, sampleOf } from '../sample.ts'

const SECRET = 'Tn3wKb8fXq5zMv1c'
const SETTINGS = grafana.settings.parse({ WEBHOOK_GRAFANA_SECRETS: SECRET })
const AT_MS = Date.parse('2026-11-20T03:12:40Z')

const sample = (name: string): Sample => sampleOf('grafana', name)
const read = (payload: unknown): DeliveryItem[] => readBy(grafana, payload, SETTINGS)

const LATENCY: Alarm = {
  source: 'grafana',
  identity: 'fe2k7c9ws1z5sb',
  name: 'Redis latency',
  account: '1',
  region: '',
  status: 'firing',
  severity: 'major',
  resource: undefined,
  occurredAt: '2026-11-20T03:12:10.000Z',
  dedupeKey: expect.stringMatching(/^[0-9a-f]{64}$/),
  reason: 'accounts-cache: p99 of GET is 412 ms',
  dimensions: {
    alertname: 'Redis latency',
    dcs_instance_id: '5b1f0c7a-3d52-4a86-9e0d-1c64f2a7b913',
    grafana_folder: 'Shop',
    severity: 'high',
  },
  tags: {},
}

test.for<[string, DeliveryItem[]]>([
  ['redis-latency', [{ alarm: LATENCY }]],
  [
    'no-data',
    [
      { ignored: 'the alert rule has no data', subject: 'DatasourceNoData: Redis latency' },
      { ignored: 'it fires for a reason other than its query: NoData', subject: 'Redis latency' },
    ],
  ],
  ['error', [{ ignored: 'the alert rule cannot be evaluated', subject: 'DatasourceError: Redis latency' }]],
  ['paused', [{ ignored: 'it ended for a reason other than its query: Paused', subject: 'Redis latency' }]],
  ['test', [{ ignored: 'a test of the contact point', subject: 'grafana' }]],
  ['legacy', [{ ignored: 'a payload of legacy alerting, before Grafana 9', subject: 'Redis latency' }]],
])('the sample %s is read', ([name, items]) => {
  expect(read(sample(name))).toStrictEqual(items)
})

test('an alert that its query resolved is resolved', () => {
  const group = sample('redis-latency')
  Object.assign(group.alerts[0], { status: 'resolved', endsAt: '2026-11-20T03:22:10Z' })
  expect(read(group)).toEqual([{ alarm: { ...LATENCY, status: 'resolved', occurredAt: '2026-11-20T03:22:10.000Z' } }])
})

test('the name identifies the rule where an older Grafana does not', () => {
  const group = sample('redis-latency')
  group.alerts[0].ruleUID = undefined
  expect(read(group)).toEqual([{ alarm: { ...LATENCY, identity: 'Redis latency' } }])
})

test('a test is one by its default name, and by its group under any', () => {
  const named = sample('redis-latency')
  named.alerts[0].labels.alertname = 'TestAlert'
  expect(read(named)).toEqual([{ ignored: 'a test of the contact point', subject: 'TestAlert' }])
  expect(read({ ...sample('test'), groupKey: sample('redis-latency').groupKey })).toMatchObject([
    { alarm: { name: 'Redis latency' } },
  ])
})

test.for<[string, unknown]>([
  ['of Alertmanager', { ...sample('redis-latency'), version: '4' }],
  ['a template’s', { text: 'Redis latency' }],
  ['without a version', { ...sample('redis-latency'), version: undefined }],
  ['no object', []],
])('a payload that is %s is ignored, and said why', ([, payload]) => {
  const ignored = 'the payload is not of version 1, which Grafana Alerting sends'
  expect(read(payload)).toEqual([{ ignored, subject: 'grafana' }])
})

/** As Grafana's own signer makes them (http/hmac.go); computed with `openssl dgst -sha256 -hmac`. */
const VECTORS = {
  body: Buffer.from('test message'),
  secret: 'secret',
  signature: '3bcebf43c85d20bba6e3b6ba278af1d2ba3ab0d57de271b0ad30b833e851c5a6',
  /** At the epoch, as its test has it. */
  withTime: 'ac18a483a582b60a883e974541afe25aa1026136163e94665649743324183ef1',
}

const HEADER = 'x-grafana-alerting-signature'
const BODY = bytesOf('grafana', 'redis-latency')

function verify(headers: Record<string, string>, settings: Partial<typeof SETTINGS> = {}, body = BODY, atMs = AT_MS) {
  return grafana.verify(deliveryOf({ headers, body, atMs }), { ...SETTINGS, ...settings }, noWeb)
}

function signed(settings: Partial<typeof SETTINGS> = {}, atMs = AT_MS): Record<string, string> {
  return grafana.sign(BODY.toString(), { ...SETTINGS, ...settings }, { id: 'id', atMs }).headers
}

const NAMED = { GRAFANA_SIGNATURE_HEADER: 'x-signature' }
const TIMED = { GRAFANA_TIMESTAMP_HEADER: 'x-timestamp' }
const TOKEN = 'Nf4kQa7u-shown-2Lw9'
const SHOWN = { WEBHOOK_GRAFANA_TOKENS: [TOKEN] }
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` })

describe('a delivery', () => {
  test.for<[string, Record<string, string>, Partial<typeof SETTINGS>?]>([
    ['a signature in capitals', { [HEADER]: (signed()[HEADER] ?? '').toUpperCase() }],
    ['a signature under another name', signed(NAMED), NAMED],
    ['a signature with a time just not too old', signed(TIMED, AT_MS - 300_000), TIMED],
    ['a signature and a bearer of another', { ...signed(), ...bearer('other') }],
    [
      'user and password',
      { authorization: `Basic ${Buffer.from('grafana:Wd7kUa3n').toString('base64')}` },
      { WEBHOOK_GRAFANA_TOKENS: ['grafana:Wd7kUa3n'] },
    ],
    ['a token', bearer(TOKEN), SHOWN],
    ['a token, though a time is signed with', bearer(TOKEN), { ...SHOWN, ...TIMED }],
    ['a signature, where tokens are taken', signed(), SHOWN],
  ])('is authentic with %s', ([, headers, settings]) => {
    expect(verify(headers, settings)).toBeUndefined()
  })

  test.for<[string, Record<string, string>, Partial<typeof SETTINGS>, string]>([
    ['nothing', {}, {}, `header ${HEADER} is missing`],
    ['nothing, where tokens are taken', {}, SHOWN, 'header authorization is missing'],
    ['another bearer', bearer('other'), SHOWN, 'header authorization matches no secret'],
    ['the signing secret as a bearer', bearer(SECRET), {}, `header ${HEADER} is missing`],
    ['the signing secret as a bearer, where tokens are taken', bearer(SECRET), SHOWN, 'matches no secret'],
    ['a token that signs', signed({ WEBHOOK_GRAFANA_SECRETS: [TOKEN] }), SHOWN, 'matches no secret'],
    [
      'a wrong signature and a good bearer',
      { [HEADER]: 'f'.repeat(64), ...bearer(TOKEN) },
      SHOWN,
      `header ${HEADER} matches no secret`,
    ],
    ['an empty signature and a good bearer', { [HEADER]: '', ...bearer(TOKEN) }, SHOWN, `header ${HEADER} is missing`],
    ['a cut signature', { [HEADER]: (signed()[HEADER] ?? '').slice(0, 32) }, {}, 'matches no secret'],
    ['a signature with its method', { [HEADER]: `sha256=${signed()[HEADER]}` }, {}, 'matches no secret'],
    [
      'another method, rightly computed',
      { [HEADER]: createHmac('sha1', SECRET).update(BODY).digest('hex') },
      {},
      'matches no secret',
    ],
    ['a bearer where a signature is required', bearer(SECRET), NAMED, 'header x-signature is missing'],
    ['a signature under the default name where another is set', signed(), NAMED, 'header x-signature is missing'],
    ['a bearer where the time is required', bearer(SECRET), TIMED, `header ${HEADER} is missing`],
    ['no time where it is required', signed(), TIMED, 'header x-timestamp is missing'],
    ['a time that was not signed', { ...signed(), 'x-timestamp': String(AT_MS / 1000) }, TIMED, 'matches no secret'],
    [
      'a time that was changed',
      { ...signed(TIMED, AT_MS - 900_000), 'x-timestamp': String(AT_MS / 1000) },
      TIMED,
      'matches no secret',
    ],
    ['a time in words', { ...signed(TIMED), 'x-timestamp': 'now' }, TIMED, 'not in Unix seconds'],
  ])('is refused with %s', ([, headers, settings, message]) => {
    expect(() => verify(headers, settings)).toThrow(message)
  })
})

describe('of one signed text', () => {
  const seconds = String(AT_MS / 1000)
  const text = `${seconds}:{"a":"x:${seconds}:{}"}`
  const signature = { [HEADER]: createHmac('sha256', SECRET).update(text).digest('hex') }

  test.for([`${seconds}:{"a"`, `${seconds}:{"a":"x`, `${seconds}:{"a":"x:${seconds}`])(
    'a time that goes on to %j is refused',
    (time) => {
      const body = Buffer.from(text.slice(time.length + 1))
      const headers = { ...signature, 'x-timestamp': time }
      expect(() => verify(headers, TIMED, body)).toThrow('header x-timestamp is not in Unix seconds')
    },
  )

  test('the whole is no body, where no time is asked for', () => {
    expect(verify(signature, {}, Buffer.from(text))).toBeUndefined()
    expect(() => parseStrictJson(Buffer.from(text))).toThrow('the body is not JSON')
  })
})

test.for([
  ['of the body', {}, VECTORS.signature, 0],
  ['of the time and the body', TIMED, VECTORS.withTime, 0],
] as const)('a signature %s is what Grafana makes', ([, settings, signature, atMs]) => {
  const own = { ...settings, WEBHOOK_GRAFANA_SECRETS: [VECTORS.secret] }
  const headers = { [HEADER]: signature, 'x-timestamp': '0' }
  expect(verify(headers, own, VECTORS.body, atMs)).toBeUndefined()
  expect(grafana.sign('test message', { ...SETTINGS, ...own }, { id: 'id', atMs }).headers).toMatchObject({
    [HEADER]: signature,
  })
})

test('settings name headers in any case, and none where the variables are empty', () => {
  const variables = {
    WEBHOOK_GRAFANA_SECRETS: SECRET,
    GRAFANA_SIGNATURE_HEADER: 'X-Signature',
    GRAFANA_TIMESTAMP_HEADER: '',
  }
  expect(grafana.settings.parse(variables)).toEqual({
    WEBHOOK_GRAFANA_SECRETS: [SECRET],
    GRAFANA_SIGNATURE_HEADER: 'x-signature',
    GRAFANA_TIMESTAMP_HEADER: undefined,
  })
})

test.for([
  {},
  { WEBHOOK_GRAFANA_SECRETS: SECRET, WEBHOOK_GRAFANA_TOKENS: `another-token-0123456789,${SECRET}` },
  { WEBHOOK_GRAFANA_TOKENS: 'short' },
  { WEBHOOK_GRAFANA_SECRETS: '' },
  { WEBHOOK_GRAFANA_SECRETS: ' , ' },
  { WEBHOOK_GRAFANA_SECRETS: SECRET, GRAFANA_SIGNATURE_HEADER: 'x signature' },
])('settings %j are refused', (settings) => {
  expect(grafana.settings.safeParse(settings).success).toBe(false)
})

test('whatever else it is, it is ignored and nothing is thrown', () => {
  const any = fc.anything({ withNullPrototype: true, withBigInt: false })
  const field = fc.constantFrom('alerts', 'groupKey', 'orgId', 'ruleName', 'receiver', 'truncatedAlerts')
  const spoilt = fc.tuple(field, any).map(([name, value]) => ({ ...sample('redis-latency'), [name]: value }))
  fc.assert(
    fc.property(fc.oneof(any, spoilt), (payload) => {
      const items = read(payload)
      expect(items.length).toBeGreaterThan(0)
      expect(items.every((item) => 'alarm' in item || ('ignored' in item && item.subject !== ''))).toBe(true)
    }),
    { numRuns: 300 },
  )
})
