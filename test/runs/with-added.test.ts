import { expect, test } from 'vitest'
import { withAdded } from '../../lib/runs/with-added.ts'

const before = { a: 1, gone: 2, part: { b: 3, deep: { c: 4 } }, list: [5] }

test.for([
  ['nothing', {}, {}, before],
  ['a field', { a: 9 }, { added: 8 }, { ...before, a: 9, added: 8 }],
  [
    'fields of its records',
    { part: { ...before.part, b: 9 } },
    { part: { ...before.part, more: 8, deep: { c: 4, d: 7 } } },
    { ...before, part: { b: 9, more: 8, deep: { c: 4, d: 7 } } },
  ],
  [
    'nothing where this change made it another value',
    { part: undefined },
    { part: { more: 8 } },
    { ...before, part: undefined },
  ],
  ['no value that both have', { a: 9 }, { a: 8 }, { ...before, a: 9 }],
  ['no entries of lists', { list: [5, 6] }, { list: [5, 7] }, { ...before, list: [5, 6] }],
] as const)('keeps of the other change %s', ([, change, other, expected]) => {
  expect(withAdded({ ...before, ...change }, { before, other: { ...before, ...other } })).toEqual(expected)
})

test('does not bring back a field that this change removed', () => {
  const { gone, ...after } = before
  expect(withAdded(after, { before, other: { ...before, added: 8 } })).toEqual({ ...after, added: 8 })
})
