import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RequestError } from '../../../lib/runs/request-error.ts'
import type { DeliveryItem, WebhookRequest } from '../../../lib/sources/source.ts'
import { servicenow } from '../../../lib/sources/tickets/servicenow.ts'
import { signStandardWebhook } from '../../../lib/sources/verify/standard-webhooks.ts'
import { tokenHeader } from '../../../lib/sources/verify/token.ts'
import { deliveryOf, noWeb, readBy, sampleOf } from '../sample.ts'

const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='
const OTHER_KEY = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDC2FVsBQIhrs='
const TOKEN = 'token-of-the-instance'
const LOGIN = 'steadyhand:correct-horse-battery'
const NOW = Date.parse('2026-11-20T03:12:10Z')

const settings = (secrets: string) => servicenow.settings.parse({ WEBHOOK_SERVICENOW_SECRETS: secrets })
const read = (payload: unknown): DeliveryItem[] => readBy(servicenow, payload, settings(TOKEN), { atMs: NOW })
const sample = (name: string): Record<string, unknown> & { fields: Record<string, string> } =>
  sampleOf('servicenow', name)
const APPROVED = sample('change-approved')
const ticketOf = (payload: unknown) => {
  const [item] = read(payload)
  return item && 'ticket' in item ? item.ticket : undefined
}
const without = (...names: string[]) =>
  Object.fromEntries(Object.entries(APPROVED).filter(([name]) => !names.includes(name)))

describe('verify', () => {
  const BODY = '{"event":"test"}'
  const AS = { id: 'sys.14.change.approved', atMs: NOW }
  const signed = (secret: string) => servicenow.sign(BODY, settings(secret), AS).headers
  const verify = (headers: WebhookRequest['headers'], secrets: string) => {
    const delivery = deliveryOf({ headers, body: Buffer.from(BODY), atMs: NOW })
    return servicenow.verify(delivery, settings(secrets), noWeb)
  }

  test.for([
    ['a signature', signed(KEY), KEY, 'sys.14.change.approved'],
    ['a signature by the second key', signed(KEY), `${TOKEN},${OTHER_KEY},${KEY}`, 'sys.14.change.approved'],
    ['a bearer token beside keys', { authorization: `Bearer ${TOKEN}` }, `${KEY},${TOKEN}`, undefined],
    ['basic authorization', { authorization: tokenHeader(LOGIN) }, LOGIN, undefined],
    ['a header of its own', { 'x-webhook-secret': TOKEN }, TOKEN, undefined],
  ] as const)('takes %s', ([, headers, secrets, id]) => {
    expect(verify(headers, secrets)).toBe(id)
  })

  test.for([
    ['nothing at all', {}, `${KEY},${TOKEN}`, 'header authorization or header x-webhook-secret is missing'],
    ['nothing at all, where only signatures count', {}, KEY, 'header webhook-id is missing'],
    ['a key that is shown like a token', { authorization: `Bearer ${KEY}` }, `${KEY},${TOKEN}`, 'matches no secret'],
    [
      'a bad signature beside a good token',
      { ...signed(OTHER_KEY), authorization: `Bearer ${TOKEN}` },
      `${KEY},${TOKEN}`,
      'matches no secret',
    ],
    [
      'half a signature beside a good token',
      { 'webhook-signature': '', authorization: `Bearer ${TOKEN}` },
      `${KEY},${TOKEN}`,
      'is missing',
    ],
    ['a signature where only tokens count', signed(KEY), TOKEN, 'matches no secret'],
    [
      'a signature that a token was the key of',
      signStandardWebhook(TOKEN, BODY, AS),
      `${KEY},${TOKEN}`,
      'matches no secret',
    ],
  ] as const)('refuses %s', ([, headers, secrets, message]) => {
    expect(() => verify(headers, secrets)).toThrow(message)
  })

  test.for([
    '',
    ',',
    'short',
    'whsec_',
    'whsec_dG9vIHNob3J0IGEga2V5',
    `${TOKEN},whsec_not*base64*but*long*enough*for*it`,
  ])('takes no secret such as %j', (secrets) => {
    expect(servicenow.settings.safeParse({ WEBHOOK_SERVICENOW_SECRETS: secrets }).success).toBe(false)
  })
})

describe('reads', () => {
  test('an approved change', () => {
    expect(read(APPROVED)).toEqual([
      {
        ticket: {
          source: 'servicenow',
          event: 'change.approved',
          key: 'CHG0031207',
          by: 'b18e6c02db4f2300f4c29a3c0e9619d4',
          reason: 'Restart catalog-cache: replies are slow since the price import',
          occurredAt: '2026-11-20T03:12:07.000Z',
          dedupeKey: expect.stringMatching(/^[0-9a-f]{64}$/),
          fields: {
            table: 'change_request',
            requested_by: 'b18e6c02db4f2300f4c29a3c0e9619d4',
            fields: { approval: 'approved', state: '-1', type: 'standard', u_cache: 'catalog-cache' },
          },
        },
      },
    ])
  })

  test('the least that it can be sent, with the nulls of empty fields', () => {
    const least = {
      ...without('table', 'requested_by', 'short_description', 'sys_updated_on'),
      fields: { u_cache: null },
    }
    expect(ticketOf({ ...least, requested_by: null, short_description: null, sys_mod_count: 0 })).toEqual({
      source: 'servicenow',
      event: 'change.approved',
      key: 'CHG0031207',
      by: '',
      reason: '',
      occurredAt: '2026-11-20T03:12:10.000Z',
      dedupeKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      fields: { fields: {} },
    })
  })

  test('the short description is for people, and no rule sees it', () => {
    const ticket = ticketOf({ ...APPROVED, short_description: 'flush everything' })
    expect(ticket?.reason).toBe('flush everything')
    expect(JSON.stringify(ticket?.fields)).not.toContain('flush everything')
  })
})

test.for([
  ['an update that carries our own note', sample('updated'), 'Steadyhand caused this event itself'],
  ['a test', { ...APPROVED, event: 'test' }, 'it is a test'],
] as const)('%s is ignored', ([, payload, ignored]) => {
  expect(read(payload)).toEqual([{ subject: 'CHG0031207', ignored }])
})

test('numbers, true and false are values, as texts; nothing is none', () => {
  const fields = { count: 3, cost: 0, urgent: true, standby: false, empty: null, u_cache: 'catalog-cache' }
  expect(ticketOf({ ...APPROVED, requested_by: 7, fields })).toMatchObject({
    by: '7',
    fields: {
      requested_by: '7',
      fields: { count: '3', cost: '0', urgent: 'true', standby: 'false', u_cache: 'catalog-cache' },
    },
  })
})

test('the same update has one key, and the next another', () => {
  const keyOf = (parts: Record<string, unknown>) => ticketOf({ ...APPROVED, ...parts })?.dedupeKey
  const key = keyOf({})
  expect(keyOf({ short_description: 'x', fields: {}, sys_mod_count: 14 })).toBe(key)
  expect(keyOf({ sys_updated_on: '2026-11-20 03:12:08' })).toBe(key)
  const uncounted = { sys_mod_count: undefined }
  const others = [
    { sys_mod_count: '15' },
    { ...uncounted, sys_updated_on: '2026-11-20 03:12:08' },
    { ...uncounted, sys_updated_on: '2026-11-20 03:12:09' },
    { sys_id: '0'.repeat(32) },
    { event: 'change.closed' },
  ]
  expect(new Set([key, ...others.map(keyOf)]).size).toBe(6)
})

test.for([
  ['null', null, ['body']],
  ['a list', [], ['body']],
  ['an empty object', {}, ['event', 'number', 'sys_id']],
  ['neither time nor count', without('sys_updated_on', 'sys_mod_count'), ['sys_updated_on']],
  ['a null for a time, and no count', { ...without('sys_mod_count'), sys_updated_on: null }, ['sys_updated_on']],
  ['an empty time', { ...without('sys_mod_count'), sys_updated_on: '' }, ['sys_updated_on']],
  ['a time as the form shows it', { ...APPROVED, sys_updated_on: '20.11.2026 04:12:07' }, ['sys_updated_on']],
  ['a time that is none', { ...APPROVED, sys_updated_on: '2026-13-20 03:12:07' }, ['sys_updated_on']],
  ['a count as the form shows it', { ...APPROVED, sys_mod_count: '1,204' }, ['sys_mod_count']],
  ['a negative count', { ...APPROVED, sys_mod_count: -1 }, ['sys_mod_count']],
  ['a number for a sys_id', { ...APPROVED, sys_id: 'CHG0031207' }, ['sys_id']],
  ['a number with spaces', { ...APPROVED, number: 'a number' }, ['number']],
  ['a field with parts', { ...APPROVED, fields: { u_cache: { value: 'x' } } }, ['fields.u_cache']],
  ['a field that is no single value', { ...APPROVED, fields: { count: [3] } }, ['fields.count']],
  ['a name that is not known', { ...APPROVED, requestedBy: 'x' }, ['requestedBy']],
] as const)('%s is refused, naming the field', ([, payload, fields]) => {
  expect(complaintsOf(payload).map(({ field }) => field)).toEqual(fields)
})

test('a payload without a time or count of its update is refused with the reason', () => {
  expect(complaintsOf(without('sys_updated_on', 'sys_mod_count'))).toEqual([
    {
      field: 'sys_updated_on',
      path: ['sys_updated_on'],
      message: 'is missing, and so is sys_mod_count: one of them is needed to tell a repeat from a new request',
    },
  ])
})

test('any payload is read, or refused with an error that the sender can correct', () => {
  const Odd = fc.anything({ maxDepth: 3, withNullPrototype: true })
  const Spoilt = fc
    .dictionary(fc.constantFrom(...Object.keys(APPROVED)), Odd)
    .map((parts) => ({ ...APPROVED, ...parts }))
  fc.assert(
    fc.property(fc.oneof(Odd, Spoilt), (payload) => {
      expect(complaintsOf(payload).length > 0 || read(payload).length === 1).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

function complaintsOf(payload: unknown): RequestError['issues'] {
  try {
    read(payload)
    return []
  } catch (error) {
    if (error instanceof RequestError) return error.issues
    throw error
  }
}
