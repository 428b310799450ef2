import { expect, test } from 'vitest'
import { chunks, itemBytes, readUnits, writeUnits } from './sizes.ts'

const KB = 1024

test.for<[item: Record<string, unknown>, bytes: number, what: string]>([
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
  [{ 'shirt-color': 'R', 'shirt-size': 'M' }, 23, 'the documented item'],
  [{}, 0, 'nothing'],
  [{ a: 'é€' }, 1 + 5, 'UTF-8'],
  [{ n: 0 }, 1 + 1, 'zero'],
  [{ n: 7 }, 1 + 2, 'one digit'],
  [{ n: 123 }, 1 + 3, 'three digits'],
  [{ n: 1_000_000 }, 1 + 2, 'zeros at the end'],
  [{ n: -0.0012 }, 1 + 2, 'zeros at the beginning'],
  [{ n: 1_775_001_661 }, 1 + 6, 'ten digits'],
  [{ yes: true, no: false, nothing: null }, 3 + 2 + 7 + 3, 'booleans and null'],
  [{ list: [] }, 4 + 3, 'an empty list'],
  [{ map: {} }, 3 + 3, 'an empty map'],
  [{ list: ['ab', 1] }, 4 + 3 + (1 + 2) + (1 + 2), 'a list'],
  [{ map: { key: 'v' } }, 3 + 3 + (1 + 3 + 1), 'a map'],
  [{ a: [{ b: ['c'] }] }, 1 + 3 + 1 + 3 + (1 + 1 + 3 + 1 + 1), 'what is nested'],
])('an item has the size that is documented: %2$s', ([item, bytes]) => {
  expect(itemBytes(item)).toBe(bytes)
})

test('the size of what DynamoDB cannot keep is not known', () => {
  expect(() => itemBytes({ a: undefined })).toThrow('nobody knows the size of a undefined')
})

test.for<[bytes: number, units: number]>([
  [0, 1],
  [500, 1],
  [KB, 1],
  [KB + 1, 2],
  [3.5 * KB, 4],
])('a write of %i bytes costs %i units', ([bytes, units]) => {
  expect(writeUnits(bytes)).toBe(units)
})

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
test.for<[bytes: number, consistent: number]>([
  [0, 1],
  [3.5 * KB, 1],
  [10 * KB, 3],
  [40.8 * KB, 11],
  [1_500 * 64, 24],
])('a consistent read of %i bytes costs %i units, another half of that', ([bytes, units]) => {
  expect(readUnits(bytes, { isConsistent: true })).toBe(units)
  expect(readUnits(bytes, { isConsistent: false })).toBe(units / 2)
})

test.for<[bytes: number, requests: number]>([
  [0, 1],
  [64 * KB, 1],
  [64 * KB + 1, 2],
  [256 * KB, 4],
])('a message of %i bytes is %i requests', ([bytes, requests]) => {
  expect(chunks(bytes)).toBe(requests)
})
