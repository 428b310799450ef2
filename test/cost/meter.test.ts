import { expect, test } from 'vitest'
import type { Use } from '../world/engine/meter.ts'
import { readTemplate } from '../world/engine/template.ts'
import { billOf } from './bill.ts'
import { createMeter } from './meter.ts'

const template = readTemplate()
const SMALL = { id: '1', text: 'x' }
const LARGE = { id: '1', text: 'x'.repeat(3_000) }

test.for<{ what: string; use: Use; billed: Record<string, number> }>([
  {
    what: 'a write: the larger of the two items',
    use: { kind: 'write', before: LARGE, after: SMALL, isRefused: false },
    billed: { 'table writes': 3 },
  },
  {
    what: 'a condition that fails: the item that is there',
    use: { kind: 'write', before: LARGE, after: undefined, isRefused: true },
    billed: { 'table writes': 3 },
  },
  {
    what: 'a condition that fails on nothing',
    use: { kind: 'write', before: undefined, after: undefined, isRefused: true },
    billed: { 'table writes': 1 },
  },
  {
    what: 'a batch of reads: item by item',
    use: {
      kind: 'get',
      items: [
        { id: '1', a: 'x'.repeat(1_500) },
        { id: '2', a: 'x'.repeat(6_500) },
      ],
      isConsistent: true,
    },
    billed: { 'table reads': 3 },
  },
  {
    what: 'a read of nothing',
    use: { kind: 'get', items: [undefined], isConsistent: true },
    billed: { 'table reads': 1 },
  },
  {
    what: 'a query: all entries as one',
    use: {
      kind: 'query',
      index: 'listed',
      items: [1_500, 6_500].map((size) => ({
        id: '1',
        listShard: 'run.0',
        createdAt: '2026',
        listed: 'x'.repeat(size),
      })),
    },
    billed: { 'table reads': 1 },
  },
  {
    what: 'a batch of ten messages: one request',
    use: { kind: 'send', bodies: Array.from({ length: 10 }, () => 'x'.repeat(100)) },
    billed: { SQS: 1 },
  },
  {
    what: 'a batch of 70 KB: two requests',
    use: { kind: 'receive', bodies: Array.from({ length: 10 }, () => 'x'.repeat(7_168)) },
    billed: { SQS: 2 },
  },
  { what: 'eleven messages deleted: two requests', use: { kind: 'delete', messages: 11 }, billed: { SQS: 2 } },
  {
    what: 'a publication with its attributes',
    use: {
      kind: 'publish',
      message: 'x'.repeat(65_530),
      attributes: { type: { DataType: 'String', StringValue: 'ended' } },
    },
    billed: { SNS: 2 },
  },
  { what: 'a read of the secret', use: { kind: 'secret' }, billed: { secrets: 1 } },
])('what is billed for $what', ({ use, billed }) => {
  const meter = createMeter(template, () => 0)
  meter.used(use)
  expect(meter.billed).toEqual(billed)
})

test('a refused write costs the indexes nothing', () => {
  const run = { id: '1', listShard: 'run.0', createdAt: '2026', dueShard: 'due.0', dueAt: '2026' }
  const [taken, refused] = [createMeter(template, () => 0), createMeter(template, () => 0)]
  taken.used({ kind: 'write', before: undefined, after: run, isRefused: false })
  refused.used({ kind: 'write', before: run, after: undefined, isRefused: true })
  expect(Object.keys(taken.billed).sort()).toEqual(
    [...[...template.indexes.keys()].map((name) => `index ${name}`), 'table writes'].sort(),
  )
  expect(refused.billed).toEqual({ 'table writes': 1 })
})

test('a command whose price nobody knows stops the count, whoever survives it', () => {
  const meter = createMeter(template, () => 0)
  expect(() => meter.received('TransactWriteCommand')).toThrow('nobody knows the price of TransactWriteCommand')
  expect(() => meter.check()).toThrow('nobody knows the price of TransactWriteCommand')
})

test('a command that is received and not priced is seen', () => {
  const meter = createMeter(template, () => 0)
  meter.received('GetCommand')
  expect(() => meter.check()).toThrow('of 1 commands 0 were priced')
  meter.used({ kind: 'get', items: [SMALL], isConsistent: true })
  expect(() => meter.check()).not.toThrow()
})

test('what has no price is not left out of a bill', () => {
  expect(() => billOf({ 'table writes': 1, carrots: 1 })).toThrow('carrots has no price')
})
