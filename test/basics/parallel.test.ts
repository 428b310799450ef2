import { expect, test } from 'vitest'
import { inParallel, partsOf, throwFailures } from '../../lib/basics/parallel.ts'

const ITEMS = [1, 2, 3, 4, 5]

test.for([
  [2, [[1, 2], [3, 4], [5]]],
  [5, [ITEMS]],
  [9, [ITEMS]],
] as const)('parts of %d', ([size, parts]) => {
  expect(partsOf(ITEMS, size)).toEqual(parts)
})

test('no items are no parts', () => {
  expect(partsOf([], 0)).toEqual([])
})

test('so many are worked on at a time, and all are waited for, also where some fail', async () => {
  let [now, most] = [0, 0]
  const worked = await inParallel(
    ITEMS,
    async (item) => {
      most = Math.max(most, ++now)
      await Promise.resolve()
      now--
      if (item % 2 === 0) throw new Error(`item ${item}`)
      return item * 10
    },
    { atOnce: 2 },
  )
  expect(worked).toEqual({ values: [10, 30, 50], failures: [new Error('item 2'), new Error('item 4')], left: [] })
  expect([now, most]).toEqual([0, 2])
})

test('the first part is always begun, and no other where it may not go on', async () => {
  const begun: number[] = []
  const work = async (item: number): Promise<number> => begun.push(item)
  const { values, left } = await inParallel(ITEMS, work, { atOnce: 2, mayGoOn: () => false })
  expect([begun, values.length, left]).toEqual([[1, 2], 2, [3, 4, 5]])
})

test('one failure is thrown as it is, several name each', () => {
  const [one, other] = [new TypeError('one'), new Error('other')]
  expect(() => throwFailures([])).not.toThrow()
  expect(() => throwFailures([one])).toThrow(one)
  expect(() => throwFailures([one, other, other])).toThrow('3 failed: one; other')
})
