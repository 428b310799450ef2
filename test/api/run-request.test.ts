import { describe, expect, test } from 'vitest'
import { readRunRequest } from '../../lib/api/run-request.ts'
import { RequestError } from '../../lib/runs/accept/request-error.ts'

const ME = { name: 'arn:me', scope: 'me' }
const keyed = (key: string): string => `http/${JSON.stringify(['me', key])}`
const WISH = { operation: 'dcs.instance.restart', target: { instanceId: 'x' } }

describe('POST /runs', () => {
  test('a wish says who asked, why, and under which key', () => {
    expect(readRunRequest({ ...WISH, reason: 'stuck' }, 'k1', ME, 'fresh')).toEqual({
      ...WISH,
      collision: 'reject',
      source: { kind: 'http', name: 'api', id: 'arn:me', reason: 'stuck' },
      idempotencyKey: keyed('k1'),
    })
  })

  test.for([
    [undefined, undefined, 'fresh'],
    ['header', undefined, 'header'],
    [undefined, 'body', 'body'],
    ['same', 'same', 'same'],
    ['"in quotes"', undefined, 'in quotes'],
    ['"same"', 'same', 'same'],
    ['"a,b"', undefined, 'a,b'],
    [String.raw`"a\"b\\c"`, undefined, String.raw`a"b\c`],
    [' padded ', undefined, 'padded'],
  ] as const)('header key %j and body key %j give %s', ([header, body, expected]) => {
    const wish = body ? { ...WISH, idempotencyKey: body } : WISH
    expect(readRunRequest(wish, header, ME, 'fresh').idempotencyKey).toBe(keyed(expected))
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
    [WISH, '', ['Idempotency-Key']],
    [WISH, ' ', ['Idempotency-Key']],
    [WISH, '""', ['Idempotency-Key']],
    [WISH, 'a,b', ['Idempotency-Key']],
    [WISH, 'a, a', ['Idempotency-Key']],
    [WISH, '"a", "b"', ['Idempotency-Key']],
    [WISH, '"a', ['Idempotency-Key']],
    [WISH, 'a"b', ['Idempotency-Key']],
    [WISH, String.raw`"a\b"`, ['Idempotency-Key']],
    [{ ...WISH, idempotencyKey: '' }, undefined, ['idempotencyKey']],
    [JSON.parse('{"operation":"a","target":{},"__proto__":{"x":1}}'), undefined, ['__proto__']],
  ] as const)('%j is refused, naming %j', ([body, header, fields]) => {
    try {
      readRunRequest(body, header, ME, 'fresh')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(RequestError)
      expect((error as RequestError).issues.map(({ field }) => field)).toEqual(fields)
    }
  })
})

test('the same key of another caller is another wish', () => {
  const keyOf = (scope: string, key: string) => readRunRequest(WISH, key, { name: 'x', scope }, 'fresh').idempotencyKey
  const keys = [keyOf('a', 'k'), keyOf('b', 'k'), keyOf('a', 'l'), keyOf('a/k', 'l'), keyOf('a', '"k/l"')]
  expect(new Set(keys).size).toBe(keys.length)
})

test('complaints are bounded, however much is wrong', () => {
  const keys = Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`k${index}${'x'.repeat(300)}`, 1]))
  try {
    readRunRequest({ ...WISH, ...keys }, undefined, ME, 'fresh')
    expect.unreachable()
  } catch (error) {
    const { issues } = error as RequestError
    expect(issues).toHaveLength(20)
    expect(Math.max(...issues.map(({ field }) => field.length))).toBe(200)
  }
})
