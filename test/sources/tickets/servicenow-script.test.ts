import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { parseStrictJson } from '../../../lib/http/body.ts'
import { servicenow } from '../../../lib/sources/tickets/servicenow.ts'

// Runs the business rule of `events/servicenow` as ServiceNow would, and reads the request that it sends.

const SCRIPT =
  /```js\n(\(function executeRule[\s\S]*?)```/.exec(readFileSync('events/servicenow/README.md', 'utf8'))?.[1] ?? ''
const NUMBER = 'CHG0031207'
const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='
const TOKEN = 'token-of-the-instance'

const RECORD: Record<string, string | null> = {
  number: NUMBER,
  sys_updated_on: '2026-11-20 03:12:07',
  sys_mod_count: '14',
  requested_by: null,
  short_description: 'Prüfen: kostet $5 oder 5 € 😀\n"sofort"',
  type: 'standard',
  u_cache: 'catalog-cache',
}

/** @param statuses the response to each attempt; undefined throws */
function run(secret: string, statuses: (number | undefined)[]) {
  const sent: { headers: Record<string, string>; body: string }[] = []
  const errors: string[] = []
  const properties: Record<string, string> = {
    'steadyhand.url': 'https://x.test/webhooks/servicenow',
    'steadyhand.secret': secret,
  }
  const RESTMessageV2 = function request() {
    const message = { headers: {} as Record<string, string>, body: '' }
    return {
      setEndpoint: (url: string) => expect(url).toBe('https://x.test/webhooks/servicenow'),
      setHttpMethod: (method: string) => expect(method).toBe('post'),
      setHttpTimeout: (waitMs: number) => expect(waitMs).toBe(10_000),
      setRequestHeader: (name: string, value: string) =>
        Object.assign(message.headers, { [name.toLowerCase()]: value }),
      setRequestBody: (body: string) => Object.assign(message, { body }),
      execute: () => {
        const status = statuses[sent.push(message) - 1]
        if (status === undefined) throw new Error('no connection')
        return { getStatusCode: () => status }
      },
    }
  }
  const GlideCertificateEncryption = function encryption() {
    return { generateMac: macOf }
  }
  runInNewContext(SCRIPT, {
    gs: { getProperty: (name: string) => properties[name], error: (text: string) => errors.push(text) },
    sn_ws: { RESTMessageV2 },
    GlideCertificateEncryption,
    current: {
      getTableName: () => 'change_request',
      getUniqueValue: () => '7d3f0a5c1b9e4210a6c8e4f2b05d9137',
      getValue: (name: string) => RECORD[name],
    },
  })
  return { sent, errors }
}

/** As documented: a key in base64, a code in base64. */
function macOf(key: string, algorithm: string, data: string): string {
  expect(algorithm).toBe('HmacSHA256')
  return createHmac('sha256', Buffer.from(key, 'base64')).update(data, 'latin1').digest('base64')
}

test.for([
  ['signs with a key', KEY, '7d3f0a5c1b9e4210a6c8e4f2b05d9137.14.change.approved'],
  ['shows a token', TOKEN, undefined],
] as const)('the business rule %s, and its request is accepted', async ([, secret, id]) => {
  const { sent, errors } = run(secret, [202])
  const [{ headers, body } = { headers: {}, body: '' }] = sent
  const settings = servicenow.settings.parse({ WEBHOOK_SERVICENOW_SECRETS: secret })
  const delivery = { method: 'POST', headers, query: {}, body: Buffer.from(body), atMs: Date.now() }
  const noFetch = () => Promise.reject(new Error('nothing is fetched'))
  expect(servicenow.verify(delivery, settings, noFetch)).toBe(id)
  expect(
    await servicenow.read(parseStrictJson(delivery.body), { ...delivery, deliveryId: id, settings }, noFetch),
  ).toEqual([
    {
      ticket: {
        source: 'servicenow',
        event: 'change.approved',
        key: NUMBER,
        by: '',
        reason: RECORD.short_description,
        occurredAt: '2026-11-20T03:12:07.000Z',
        dedupeKey: expect.stringMatching(/^[0-9a-f]{64}$/),
        fields: { table: 'change_request', fields: { type: 'standard', u_cache: 'catalog-cache' } },
      },
    },
  ])
  expect(body).toMatch(/^[\x20-\x23\x25-\x7e]+$/)
  expect({ sent: sent.length, errors }).toEqual({ sent: 1, errors: [] })
})

test.for([
  ['a 503 and then a 202', [503, 202], 2, []],
  ['no answer twice and then a 200', [undefined, undefined, 200], 3, []],
  ['a 401', [401], 1, ['Steadyhand was not told of CHG0031207: 401']],
  ['no answer at all', [undefined, undefined, undefined], 3, ['Steadyhand was not told of CHG0031207: 0']],
] as const)('after %s the business rule knows what to do', ([, statuses, attempts, expected]) => {
  const { sent, errors } = run(KEY, [...statuses])
  expect({ sent: sent.length, errors }).toEqual({ sent: attempts, errors: expected })
})
