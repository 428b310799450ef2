import { describe, expect, test } from 'vitest'
import { readRunRequest } from '../../../lib/intake/http/run-request.ts'
import { RequestError } from '../../../lib/runs/request-error.ts'

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
