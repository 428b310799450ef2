import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { parseStrictJson } from '../../../lib/http/body.ts'
import type { WebhookRequest } from '../../../lib/sources/source.ts'
import { signStandardWebhook, verifyStandardWebhook } from '../../../lib/sources/verify/standard-webhooks.ts'

// The published vector of the reference library (standard-webhooks, libraries/javascript/src/webhook.test.ts).
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'
const BODY = Buffer.from('{"test": 2432232314}')
const NOW = 1614265330_000
const HEADERS = {
  'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'webhook-timestamp': '1614265330',
  'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

const delivery = (headers: WebhookRequest['headers'] = HEADERS): WebhookRequest => {
  return { method: 'POST', headers, query: {}, body: BODY, atMs: NOW }
}

test('the published vector is verified and gives the delivery id', () => {
  expect(verifyStandardWebhook(delivery(), [SECRET])).toBe('msg_p5jXN8AQM9LWM0D4loKWxJek')
})

test('our own signature equals the published vector', () => {
  expect(signStandardWebhook(SECRET, BODY.toString(), { id: HEADERS['webhook-id'], atMs: NOW })).toEqual(HEADERS)
})

test.for([
  ['the second of two secrets', [OTHER, SECRET]],
  ['a secret without its prefix', [SECRET.slice('whsec_'.length)]],
] as const)('%s verifies', ([, secrets]) => {
  expect(verifyStandardWebhook(delivery(), [...secrets])).toBe(HEADERS['webhook-id'])
})

test('any one good signature of several is enough, of a known version', () => {
  const several = `v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,xx ${HEADERS['webhook-signature']}`
  expect(verifyStandardWebhook(delivery({ ...HEADERS, 'webhook-signature': several }), [SECRET])).toBe(
    HEADERS['webhook-id'],
  )
})

test.for(['', 'whsec_', '!!!'])(
  'the secret %j, which anybody could sign with, refuses even what it signed',
  (secret) => {
    const headers = signStandardWebhook(secret, BODY.toString(), { id: HEADERS['webhook-id'], atMs: NOW })
    expect(() => verifyStandardWebhook(delivery(headers), [secret])).toThrow('matches no secret')
  },
)

describe('refuses', () => {
  const without = (name: string) => ({ ...HEADERS, [name]: undefined })
  test.for([
    ['another body', HEADERS, Buffer.from('{"test": 2432232315}'), [SECRET], NOW, 'matches no secret'],
    ['another secret', HEADERS, BODY, [OTHER], NOW, 'matches no secret'],
    ['no secret at all', HEADERS, BODY, [], NOW, 'matches no secret'],
    ['an empty secret', HEADERS, BODY, ['', 'whsec_'], NOW, 'matches no secret'],
    ['another id', { ...HEADERS, 'webhook-id': 'msg_x' }, BODY, [SECRET], NOW, 'matches no secret'],
    ['no id', without('webhook-id'), BODY, [SECRET], NOW, 'webhook-id is missing'],
    ['no timestamp', without('webhook-timestamp'), BODY, [SECRET], NOW, 'webhook-timestamp is missing'],
    ['no signature', without('webhook-signature'), BODY, [SECRET], NOW, 'webhook-signature is missing'],
    ['an id with odd characters', { ...HEADERS, 'webhook-id': 'a b' }, BODY, [SECRET], NOW, 'webhook-id: '],
    ['a timestamp in words', { ...HEADERS, 'webhook-timestamp': 'now' }, BODY, [SECRET], NOW, 'Unix seconds'],
    ['an old one', HEADERS, BODY, [SECRET], NOW + 301_000, 'more than 300 s off'],
    ['one from the future', HEADERS, BODY, [SECRET], NOW - 301_000, 'more than 300 s off'],
    ['a cut signature', { ...HEADERS, 'webhook-signature': 'v1,g0hM' }, BODY, [SECRET], NOW, 'matches no secret'],
    [
      'a good signature under another version',
      { ...HEADERS, 'webhook-signature': HEADERS['webhook-signature'].replace('v1', 'v2') },
      BODY,
      [SECRET],
      NOW,
      'matches no secret',
    ],
  ] as const)('%s', ([, headers, body, secrets, now, message]) => {
    expect(() => verifyStandardWebhook({ ...delivery(headers), body, atMs: now }, [...secrets])).toThrow(message)
  })
})

/** Id, time and body are signed as one text, which no other reading of it may pass for. */
describe('of one signed text', () => {
  const time = HEADERS['webhook-timestamp']
  const cut = (id: string, at: string, rest: string): WebhookRequest => {
    const signed = signStandardWebhook(SECRET, rest, { id, atMs: Number(at) * 1000 })
    return { ...delivery({ ...signed, 'webhook-timestamp': at }), body: Buffer.from(rest) }
  }
  /** The very same signature with the borders elsewhere. */
  const moved = (genuine: WebhookRequest, id: string, at: string, rest: string): WebhookRequest => {
    const headers = { ...genuine.headers, 'webhook-id': id, 'webhook-timestamp': at }
    return { ...genuine, headers, body: Buffer.from(rest) }
  }
  const genuine = cut('msg', time, `{"a":"x.${time}.{}"}`)

  test.for([
    ['an id that reaches into the body', `msg.${time}.{"a":"x`, time, '{}"}', 'webhook-id: '],
    ['a time that reaches into the body', 'msg', `${time}.{"a":"x.${time}`, '{}"}', 'not in Unix seconds'],
    ['a time that reaches into the id', '', `msg.${time}`, `{"a":"x.${time}.{}"}`, 'webhook-id is missing'],
  ] as const)('%s is refused', ([, id, at, rest, message]) => {
    expect(verifyStandardWebhook(genuine, [SECRET])).toBe('msg')
    expect(() => verifyStandardWebhook(moved(genuine, id, at, rest), [SECRET])).toThrow(message)
  })

  // The id may have full stops, as those of ServiceNow have.
  test.for(['{}', '[]', '"text"', '7'])('an id that is cut at a full stop makes of the body %s no object', (body) => {
    const dotted = cut(`msg.${time}`, time, body)
    const rest = `${time}.${body}`
    expect(verifyStandardWebhook(moved(dotted, 'msg', time, rest), [SECRET])).toBe('msg')
    const read = () => z.looseObject({}).parse(parseStrictJson(Buffer.from(rest)))
    expect(read).toThrow()
  })
})
