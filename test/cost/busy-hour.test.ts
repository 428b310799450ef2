import { expect, test } from 'vitest'
import { busyHour } from './busy-hour.ts'

const at = (afterMs: number, units: number) => ({ afterMs, index: 'swept', units })

test('the load is that of all runs, shared by sixteen partitions', () => {
  const [swept] = busyHour([[at(0, 2), at(60_000, 6)]], 100)
  expect(swept?.index).toBe('swept')
  expect(swept?.mean).toBeCloseTo((100 * 8) / 16)
  expect(swept?.peak).toBeGreaterThan(swept?.mean ?? 0)
  expect(swept?.peak).toBeLessThan(3 * (swept?.mean ?? 0))
})

test('each index has a load of its own; runs differ', () => {
  const [swept, listed] = busyHour([[at(0, 2)], [at(0, 2), { afterMs: 5, index: 'listed', units: 1 }]], 200)
  expect(swept?.mean).toBeCloseTo((200 * 2) / 16)
  expect(listed?.mean).toBeCloseTo(200 / 2 / 16, 0)
})

test('where nothing is written there is no load', () => {
  expect(busyHour([[]], 10)).toEqual([])
})
