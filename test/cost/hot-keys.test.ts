import { expect, test } from 'vitest'
import { hotKeysOf } from './hot-keys.ts'

test('a key of all runs is hot, and the hottest is first', () => {
  const run = { 'recent run': 10, 'due due': 20 }
  expect(hotKeysOf([run, run])).toEqual([
    { where: 'due', key: 'due', keys: 1, units: 20, aSecond: 50 },
    { where: 'recent', key: 'run', keys: 1, units: 10, aSecond: 100 },
  ])
})

test('shards share the load', () => {
  const runs = Array.from({ length: 64 }, (_, run) => ({ [`due due#${run % 16}`]: 20 }))
  expect(hotKeysOf(runs)).toEqual([{ where: 'due', key: 'due#*', keys: 16, units: 20, aSecond: 800 }])
})

test('a shard of a hexadecimal digit is one of many', () => {
  const runs = Array.from({ length: 64 }, (_, run) => ({ [`swept due.${(run % 16).toString(16)}`]: 20 }))
  expect(hotKeysOf(runs)).toEqual([{ where: 'swept', key: 'due.*', keys: 16, units: 20, aSecond: 800 }])
})

test('what each run has for itself is not hot', () => {
  const runs = Array.from({ length: 64 }, (_, run) => ({
    [`table lease:huawei/dcs/${run}`]: 2,
    [`table run_${run}`]: 40,
  }))
  expect(hotKeysOf(runs)).toEqual([])
})

test('what is written as often without the run is not its load', () => {
  expect(hotKeysOf([{ 'table sweep': 0 }, { 'table sweep': 0 }])).toEqual([])
})
