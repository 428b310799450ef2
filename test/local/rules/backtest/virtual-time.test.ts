import { expect, test } from 'vitest'
import { virtualTime } from '../../../../lib/local/rules/backtest/virtual-time.ts'

test('work is done when it is due, in order, and what it plans as well', async () => {
  const time = virtualTime(100)
  const done: [string, number][] = []
  const note = (name: string) => async () => void done.push([name, time.now()])
  time.at(130, note('late'))
  time.at(110, note('first'))
  time.at(120, async () => {
    await note('second')()
    time.at(120, note('planned by it'))
    time.at(90, note('overdue'))
  })
  time.at(120, note('third'))
  await time.moveTo(125)
  expect(done).toEqual([
    ['first', 110],
    ['second', 120],
    ['overdue', 120],
    ['third', 120],
    ['planned by it', 120],
  ])
  expect(time.now()).toBe(125)
  await time.moveTo(110)
  expect(time.now()).toBe(125)
  await time.finish()
  expect([done.at(-1), time.now()]).toEqual([['late', 130], 130])
})
