import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { MAX_BODY_BYTES, parseJson, rawBody } from '../../lib/intake/body.ts'
import { NotFoundError, problemResponse } from '../../lib/intake/http/problem.ts'
import { readRunRequest } from '../../lib/intake/http/run-request.ts'
import { generic } from '../../lib/intake/tickets/generic.ts'
import { SignatureError } from '../../lib/intake/verify/signature-error.ts'
import { KeyReusedError, RequestError } from '../../lib/runs/request-error.ts'

const WISH = { operation: 'dcs.instance.restart', target: { instanceId: 'x' } }

describe('POST /runs', () => {
  test('a wish says who asked, why, and under which key', () => {
    expect(readRunRequest({ ...WISH, reason: 'stuck' }, 'k1', 'arn:me', 'fresh')).toEqual({
      ...WISH,
      collision: 'reject',
      source: { kind: 'http', name: 'api', id: 'arn:me', reason: 'stuck' },
      idempotencyKey: 'http/k1',
    })
  })

  test.for([
    [undefined, undefined, 'http/fresh'],
    ['header', undefined, 'http/header'],
    [undefined, 'body', 'http/body'],
    ['same', 'same', 'http/same'],
  ] as const)('header key %j and body key %j give %s', ([header, body, expected]) => {
    const wish = body ? { ...WISH, idempotencyKey: body } : WISH
    expect(readRunRequest(wish, header, 'me', 'fresh').idempotencyKey).toBe(expected)
  })

  test.for([
    [null, undefined, ['body']],
    [[], undefined, ['body']],
    [{}, undefined, ['operation']],
    [{ operation: 'x' }, undefined, ['target']],
    [{ ...WISH, targets: [{}] }, undefined, ['target']],
    [{ operation: 'x', targets: [] }, undefined, ['targets']],
    [{ operation: 'x', targets: Array(101).fill({}) }, undefined, ['targets']],
    [{ ...WISH, collision: 'attach' }, undefined, ['collision']],
    [{ ...WISH, target: 'x' }, undefined, ['target']],
    [{ ...WISH, opertion: 1 }, undefined, ['opertion']],
    [{ ...WISH, params: 'x' }, undefined, ['params']],
    [{ ...WISH, reason: 'x'.repeat(1001) }, undefined, ['reason']],
    [{ ...WISH, idempotencyKey: 'a' }, 'b', ['idempotencyKey']],
    [WISH, 'x'.repeat(256), ['Idempotency-Key']],
    [JSON.parse('{"operation":"a","target":{},"__proto__":{"x":1}}'), undefined, ['__proto__']],
  ] as const)('%j is refused, naming %j', ([body, header, fields]) => {
    try {
      readRunRequest(body, header, 'me', 'fresh')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(RequestError)
      expect((error as RequestError).issues.map(({ field }) => field)).toEqual(fields)
    }
  })
})

test('complaints are bounded, however much is wrong', () => {
  const keys = Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`k${index}${'x'.repeat(300)}`, 1]))
  try {
    readRunRequest({ ...WISH, ...keys }, undefined, 'me', 'fresh')
    expect.unreachable()
  } catch (error) {
    const { issues } = error as RequestError
    expect(issues).toHaveLength(20)
    expect(Math.max(...issues.map(({ field }) => field.length))).toBe(200)
  }
})

describe('POST /webhooks/generic', () => {
  const read = (payload: unknown) => {
    const delivery = {
      method: 'POST',
      headers: {},
      query: {},
      body: Buffer.alloc(0),
      atMs: Date.parse('2026-11-20T10:00:00Z'),
    }
    return generic.read(payload, { ...delivery, deliveryId: 'msg_1' }, { WEBHOOK_GENERIC_SECRETS: [] }, async () => {
      throw new Error('nothing is fetched')
    })
  }

  test('a ticket that asks for a run is a wish under its delivery id', () => {
    const payload = JSON.parse(readFileSync(`${import.meta.dirname}/../../events/generic/flush-requested.json`, 'utf8'))
    expect(read(payload)).toEqual([
      {
        request: {
          operation: 'dcs.instance.flush',
          target: { instanceId: '9c47de18-60fb-4f3e-8a25-7b90cd13e642' },
          collision: 'queue',
          source: {
            kind: 'ticket',
            name: 'generic',
            id: 'msg_1',
            reason: 'OPS-1234: catalogue cache holds prices of yesterday',
          },
          idempotencyKey: 'ticket/generic/msg_1',
        },
        occurredAt: '2026-11-20T09:30:00Z',
      },
    ])
  })

  test('any other type is a ticket for the rules', () => {
    const payload = { type: 'ticket.approved', timestamp: '2026-11-20T09:30:00Z', data: { cache: 'orders-cache' } }
    expect(read(payload)).toEqual([
      {
        ticket: {
          source: 'generic',
          event: 'ticket.approved',
          key: 'msg_1',
          by: '',
          reason: '',
          occurredAt: '2026-11-20T09:30:00.000Z',
          dedupeKey: 'msg_1',
          fields: payload,
        },
      },
    ])
  })

  test('our own note is ignored', () => {
    const payload = { type: 'comment.added', data: { text: `done: steadyhand run_${'0'.repeat(32)}` } }
    expect(read(payload)).toEqual([{ about: 'msg_1', ignored: 'our own note' }])
  })

  test.for([
    [{}, 'type'],
    [{ type: 'run.requested' }, 'data'],
    [{ type: 'run.requested', data: { operation: 'x', target: {}, more: 1 } }, 'data.more'],
    [{ type: 'run.requested', data: { operation: 'x', target: {} }, more: 1 }, 'more'],
  ] as const)('%j is refused, naming %s', ([payload, field]) => {
    expect(() => read(payload)).toThrow(expect.objectContaining({ issues: [expect.objectContaining({ field })] }))
  })
})

describe('a body', () => {
  test.for([
    [{ body: 'ü' }, 'ü'],
    [{ body: Buffer.from('ü').toString('base64'), isBase64Encoded: true }, 'ü'],
    [{ body: null }, ''],
    [{}, ''],
  ] as const)('%j is %j', ([event, text]) => {
    expect(rawBody(event).toString()).toBe(text)
  })

  test('is bounded by its bytes', () => {
    expect(rawBody({ body: 'x'.repeat(MAX_BODY_BYTES) })).toHaveLength(MAX_BODY_BYTES)
    expect(() => rawBody({ body: 'ü'.repeat(MAX_BODY_BYTES / 2 + 1) })).toThrow(
      expect.objectContaining({ status: 413 }),
    )
  })

  test.for(['', '{', 'undefined', '\u0000', Buffer.from([0x22, 0xff, 0x22])])('%j is not JSON', (text) => {
    expect(() => parseJson(Buffer.from(text))).toThrow(expect.objectContaining({ status: 400 }))
  })
})

test.for([
  [new RequestError([{ field: 'target.instanceId', message: 'must be' }]), 400, 'target.instanceId: must be'],
  [new KeyReusedError('used'), 422, 'used'],
  [new SignatureError('header webhook-id is missing'), 401, 'header webhook-id is missing'],
  [new NotFoundError('there is no run "x"'), 404, 'there is no run "x"'],
  [new Error('password is hunter2'), 500, 'Nothing is known to be lost; try again, or look in the log'],
] as const)('%s is a problem document with status %d', ([error, status, detail]) => {
  const response = problemResponse(error)
  expect(response).toMatchObject({ statusCode: status, headers: { 'content-type': 'application/problem+json' } })
  expect(JSON.parse(response.body ?? '')).toMatchObject({
    type: 'about:blank',
    title: expect.any(String),
    status,
    detail,
  })
})
