import { describe, expect, test } from 'vitest'
import { readRequest } from '../../lib/api/runs/run-request.ts'
import { RequestError } from '../../lib/runs/request-error.ts'

const ME = { name: 'arn:me', scope: 'me' }
const keyed = (key: string): string => `http/${JSON.stringify(['me', key])}`
const REQUEST = { operation: 'dcs.instance.restart', target: { instanceId: 'x' } }

describe('POST /runs', () => {
  test('a request has its caller, reason and key', () => {
    expect(
      readRequest({ ...REQUEST, reason: 'stuck' }, 'target', { keyHeader: 'k1', caller: ME, freshKey: 'fresh' }),
    ).toEqual({
      ...REQUEST,
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
    const request = body ? { ...REQUEST, idempotencyKey: body } : REQUEST
    expect(readRequest(request, 'target', { keyHeader: header, caller: ME, freshKey: 'fresh' }).idempotencyKey).toBe(
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
      readRequest(body, 'either', { keyHeader: header, caller: ME, freshKey: 'fresh' })
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(RequestError)
      expect((error as RequestError).issues.map(({ field }) => field)).toEqual(fields)
    }
  })
})

test.for([
  ['target', { ...REQUEST, target: undefined, targets: [{}] }, ['target', 'targets']],
  ['targets', REQUEST, ['targets', 'target']],
  ['target', { ...REQUEST, targets: [{}] }, ['targets']],
] as const)('a body that must name %s is refused: %j', ([form, body, fields]) => {
  try {
    readRequest(JSON.parse(JSON.stringify(body)), form, { caller: ME, freshKey: 'fresh' })
    expect.unreachable()
  } catch (error) {
    expect((error as RequestError).issues.map(({ field }) => field)).toEqual(fields)
  }
})

test.for([
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
  ['00-00000000000000000000000000000000-00f067aa0ba902b7-01', false],
  ['00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01', false],
  ['ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', false],
  ['x', false],
  ['', false],
] as const)('the trace context %j is kept: %s', ([traceparent, isKept]) => {
  const request = readRequest(REQUEST, 'target', { traceparent, caller: ME, freshKey: 'fresh' })
  expect(request.traceparent).toBe(isKept ? traceparent : undefined)
})

test('the same key of another caller is another request', () => {
  const keyOf = (scope: string, key: string) =>
    readRequest(REQUEST, 'target', { keyHeader: key, caller: { name: 'x', scope }, freshKey: 'fresh' }).idempotencyKey
  const keys = [keyOf('a', 'k'), keyOf('b', 'k'), keyOf('a', 'l'), keyOf('a/k', 'l'), keyOf('a', '"k/l"')]
  expect(new Set(keys).size).toBe(keys.length)
})

test('the named fields are bounded, however many are wrong', () => {
  const keys = Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`k${index}${'x'.repeat(300)}`, 1]))
  try {
    readRequest({ ...REQUEST, ...keys }, 'target', { caller: ME, freshKey: 'fresh' })
    expect.unreachable()
  } catch (error) {
    const { issues } = error as RequestError
    expect(issues).toHaveLength(20)
    expect(Math.max(...issues.map(({ field }) => field.length))).toBe(200)
  }
})
