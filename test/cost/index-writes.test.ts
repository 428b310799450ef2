import { expect, test } from 'vitest'
import type { Item } from '../world/engine/expressions.ts'
import type { IndexSettings } from '../world/engine/template.ts'
import { entryOf, indexWrites } from './index-writes.ts'

const KEYS_ONLY: IndexSettings = { hash: 'due', range: 'dueAt', projected: [] }
const ALL: IndexSettings = { ...KEYS_ONLY, projected: 'all' }
const SOME: IndexSettings = { ...KEYS_ONLY, projected: ['state'] }
const TABLE_KEYS = ['id']

const OUT: Item = { id: '1', state: 'a', other: 1 }
const IN: Item = { ...OUT, due: 'due', dueAt: '10:00' }
const LARGE = 'x'.repeat(1_500)

interface Case {
  what: string
  index?: IndexSettings
  before: Item | undefined
  after: Item | undefined
  units: number[]
}

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
test.for<Case>([
  { what: 'an item that is not in it, and was not', before: OUT, after: OUT, units: [] },
  { what: 'a new item that is not in it', before: undefined, after: OUT, units: [] },
  { what: 'a new item', before: undefined, after: IN, units: [1] },
  { what: 'an item that comes into it', before: OUT, after: IN, units: [1] },
  { what: 'an item that stays as it is', before: IN, after: IN, units: [] },
  { what: 'an attribute that it does not have', before: IN, after: { ...IN, state: 'b' }, units: [] },
  { what: 'an attribute that it has', index: SOME, before: IN, after: { ...IN, state: 'b' }, units: [1] },
  { what: 'an attribute that it does not include', index: SOME, before: IN, after: { ...IN, other: 2 }, units: [] },
  { what: 'any attribute, where it has all', index: ALL, before: IN, after: { ...IN, other: 2 }, units: [1] },
  { what: 'another range key', before: IN, after: { ...IN, dueAt: '11:00' }, units: [1, 1] },
  { what: 'another hash key', before: IN, after: { ...IN, due: 'later' }, units: [1, 1] },
  { what: 'an item that leaves it', before: IN, after: OUT, units: [1] },
  { what: 'an item that is deleted', before: IN, after: undefined, units: [1] },
  { what: 'a large entry that shrinks', index: ALL, before: { ...IN, other: LARGE }, after: IN, units: [2] },
  {
    what: 'a large entry that moves',
    index: ALL,
    before: { ...IN, other: LARGE },
    after: { ...IN, dueAt: '11:00' },
    units: [2, 1],
  },
])('the writes of an index for $what', ({ index = KEYS_ONLY, before, after, units }) => {
  expect(indexWrites(index, TABLE_KEYS, { before, after }).map((write) => write.units)).toEqual(units)
})

test('a write belongs to the partition of its entry', () => {
  const after = { ...IN, due: 'later' }
  const partitions = indexWrites(KEYS_ONLY, TABLE_KEYS, { before: IN, after }).map(({ partition }) => partition)
  expect(partitions).toEqual(['due', 'later'])
})

test('an entry has the keys of both, and what is projected', () => {
  expect(entryOf(KEYS_ONLY, TABLE_KEYS, IN)).toEqual({ id: '1', due: 'due', dueAt: '10:00' })
  expect(entryOf(SOME, TABLE_KEYS, IN)).toEqual({ id: '1', due: 'due', dueAt: '10:00', state: 'a' })
  expect(entryOf(ALL, TABLE_KEYS, IN)).toEqual(IN)
})
