import { describe, expect, test } from 'vitest'
import { readRunRequest } from '../../lib/api/run-request.ts'
import { RequestError } from '../../lib/runs/request-error.ts'

const ME = { name: 'arn:me', scope: 'me' }
const keyed = (key: string): string => `http/${JSON.stringify(['me', key])}`
const REQUEST = { operation: 'dcs.instance.restart', target: { instanceId: 'x' } }

describe('POST /runs', () => {
  test('a request has its caller, reason and key', () => {
    expect(readRunRequest({ ...REQUEST, reason: 'stuck' }, { keyHeader: 'k1', caller: ME, freshKey: 'fresh' })).toEqual(
      {
        ...REQUEST,
        collision: 'reject',
        source: { kind: 'http', name: 'api', id: 'arn:me', reason: 'stuck' },
        idempotencyKey: keyed('k1'),
      },
    )
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
    const request = body ? { ...REQUEST, idempotencyKey: body } : REQUEST
    expect(readRunRequest(request, { keyHeader: header, caller: ME, freshKey: 'fresh' }).idempotencyKey).toBe(
      keyed(expected),
    )
  })

  test.for([
    [null, undefined, ['body']],
    [[], undefined, ['body']],
    [{}, undefined, ['operation']],
    [{ operation: 'x' }, undefined, ['target']],
    [{ ...REQUEST, targets: [{}] }, undefined, ['target']],
    [{ operation: 'x', targets: [] }, undefined, ['targets']],
    [{ operation: 'x', targets: Array(101).fill({}) }, undefined, ['targets']],
    [{ ...REQUEST, collision: 'attach' }, undefined, ['collision']],
    [{ ...REQUEST, target: 'x' }, undefined, ['target']],
    [{ ...REQUEST, opertion: 1 }, undefined, ['opertion']],
    [{ ...REQUEST, params: 'x' }, undefined, ['params']],
    [{ ...REQUEST, reason: 'x'.repeat(1001) }, undefined, ['reason']],
    [{ ...REQUEST, idempotencyKey: 'a' }, 'b', ['idempotencyKey']],
    [REQUEST, 'x'.repeat(256), ['Idempotency-Key']],
    [REQUEST, '', ['Idempotency-Key']],
    [REQUEST, ' ', ['Idempotency-Key']],
    [REQUEST, '""', ['Idempotency-Key']],
    [REQUEST, 'a,b', ['Idempotency-Key']],
    [REQUEST, 'a, a', ['Idempotency-Key']],
    [REQUEST, '"a", "b"', ['Idempotency-Key']],
    [REQUEST, '"a', ['Idempotency-Key']],
    [REQUEST, 'a"b', ['Idempotency-Key']],
    [REQUEST, String.raw`"a\b"`, ['Idempotency-Key']],
    [{ ...REQUEST, idempotencyKey: '' }, undefined, ['idempotencyKey']],
    [JSON.parse('{"operation":"a","target":{},"__proto__":{"x":1}}'), undefined, ['__proto__']],
  ] as const)('%j is refused, naming %j', ([body, header, fields]) => {
    try {
      readRunRequest(body, { keyHeader: header, caller: ME, freshKey: 'fresh' })
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(RequestError)
      expect((error as RequestError).issues.map(({ field }) => field)).toEqual(fields)
    }
  })
})

test('the same key of another caller is another request', () => {
  const keyOf = (scope: string, key: string) =>
    readRunRequest(REQUEST, { keyHeader: key, caller: { name: 'x', scope }, freshKey: 'fresh' }).idempotencyKey
  const keys = [keyOf('a', 'k'), keyOf('b', 'k'), keyOf('a', 'l'), keyOf('a/k', 'l'), keyOf('a', '"k/l"')]
  expect(new Set(keys).size).toBe(keys.length)
})

test('the named fields are bounded, however many are wrong', () => {
  const keys = Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`k${index}${'x'.repeat(300)}`, 1]))
  try {
    readRunRequest({ ...REQUEST, ...keys }, { caller: ME, freshKey: 'fresh' })
    expect.unreachable()
  } catch (error) {
    const { issues } = error as RequestError
    expect(issues).toHaveLength(20)
    expect(Math.max(...issues.map(({ field }) => field.length))).toBe(200)
  }
})
