import { expect, test } from 'vitest'
import { jsonText, readJson } from '../../lib/cloud/json.ts'
import type { Operation } from '../../lib/cloud/operation.ts'

const read = (text: string, decode?: Operation['decode'], headers = {}) => readJson({ text, headers }, decode)

test.for([
  ['9007199254740991', 9_007_199_254_740_991],
  ['9007199254740992', 9_007_199_254_740_992n],
  ['9007199254740993', 9_007_199_254_740_993n],
  ['-9007199254740993', -9_007_199_254_740_993n],
  ['123456789012345678901234567890', 123_456_789_012_345_678_901_234_567_890n],
  ['{"ids":[1,9007199254740993,{"id":18446744073709551615}]}', { ids: [1, 9007199254740993n, { id: 2n ** 64n - 1n }] }],
  ['"9007199254740993"', '9007199254740993'],
  ['{"9007199254740993":1}', { '9007199254740993': 1 }],
  ['1e300', 1e300],
  ['[1e300,1.5,9007199254740993.0,9007199254740993]', [1e300, 1.5, 9_007_199_254_740_992, 9_007_199_254_740_993n]],
  ['1.5', 1.5],
  ['0.12345678901234566', 0.12345678901234566],
  [
    '{"job_id":"8abfa7aa88ad5aa5008aef7ec0936d1234567890123456"}',
    { job_id: '8abfa7aa88ad5aa5008aef7ec0936d1234567890123456' },
  ],
  [' {"a":1}\n', { a: 1 }],
  ['null', null],
] as const)('%s is read exactly', ([text, payload]) => {
  expect(read(text)).toEqual({ payload })
})

test.for([
  ['', '""'],
  ['{"ok":', String.raw`"{\"ok\":"`],
  ['<html>\u0000', String.raw`"<html>\u0000"`],
  ["{'a':1}", `"{'a':1}"`],
  ['NaN', '"NaN"'],
  ['1 2', '"1 2"'],
  // Whole: the cleaning of messages would not recognise a secret that is cut here.
  ['x'.repeat(1_000), `"${'x'.repeat(1_000)}"`],
] as const)('%j is no JSON, and is shown', ([text, shown]) => {
  expect(read(text)).toEqual({
    refusal: { kind: 'unreadable', change: 'unknown', what: `the answer is not JSON: ${shown}` },
  })
})

test("an operation's own decoder gets the text", () => {
  expect(read('job_id:1', (text) => text.split(':'))).toEqual({ payload: ['job_id', '1'] })
})

test('and so are the headers', () => {
  expect(read('{}', (_text, { date }) => date, { date: 'now' })).toEqual({ payload: 'now' })
})

test('a text that the decoder rejects is unreadable', () => {
  const decode = (): never => {
    throw new RangeError('no')
  }
  expect(read('{}', decode)).toMatchObject({ refusal: { kind: 'unreadable', change: 'unknown' } })
})

test.for([
  [{ id: 2n ** 64n - 1n, at: [1, null] }, '{"id":"18446744073709551615","at":[1,null]}'],
  ['a', '"a"'],
  [undefined, ''],
] as const)('%o is written as %s', ([value, text]) => {
  expect(jsonText(value)).toBe(text)
})
