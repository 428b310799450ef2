import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from './engine/source.ts'
import { MUTANTS } from './story/mutants.ts'
import { inThreads, startThread } from './threads.ts'

test('what is measured is the same for the same seed, and no end is missed', async () => {
  const cell = { seed: 1, workMinutes: 1, faults: false, worlds: 1 }
  const [first, second] = await inThreads([cell, cell], 2, (thread, one) => thread.detect(one))
  expect(second).toEqual(first)
  expect(first).toMatchObject({ told: first?.runs, p50Ms: expect.any(Number) })
})

/** On one machine each write is a transaction, and each message one more. */
test.for([
  ['aws', 100, 2_020],
  ['sqlite', 200, 3_030],
] as const)(
  'a thousand that joined one run write seldom, and end with it (%s)',
  async ([home, mostAMinute, mostAtEnd]) => {
    const [measured] = await inThreads([{ seed: 1, home }], 1, (thread, cell) => thread.measureJoiners(cell))
    console.log(home, JSON.stringify(measured))
    const { joined, writesAMinute = [], lastEndMs, writesAtEnd } = measured ?? {}
    expect([joined, writesAMinute.length, Math.max(...writesAMinute) <= mostAMinute]).toEqual([1_000, 9, true])
    expect(lastEndMs).toBeLessThan(30_000)
    // The end of each, and that it was told.
    expect(writesAtEnd).toBeLessThan(mostAtEnd)
  },
)

test('every guard that --mutants switches off is there, once', () => {
  const rewrites = MUTANTS.flatMap((mutant) => mutant.rewrites)
  const found = rewrites.map(({ file, find }) => readFileSync(join(ROOT, file), 'utf8').split(find).length - 1)
  expect(rewrites.filter((_, index) => found[index] !== 1)).toEqual([])
  expect(MUTANTS.length).toBeGreaterThanOrEqual(87)
})

test.for(['aws', 'sqlite'] as const)(
  'the same seed is the same world on %s, whatever lived before it in the process',
  async (home) => {
    const [first, second] = [startThread(), startThread()]
    const [fresh] = await first.tell(4711, 1, { home, log: true })
    const [, other, again] = await second.tell(4710, 3, { home, log: true })
    const [later] = await second.tell(4711, 1, { home, log: true })
    await Promise.all([first.stop(), second.stop()])
    expect(fresh?.home).toBe(home)
    expect(fresh?.lines.length).toBeGreaterThan(1_000)
    expect([other?.hash, later?.hash]).toEqual([fresh?.hash, fresh?.hash])
    expect(again?.hash).not.toBe(fresh?.hash)
  },
)

test('every sixth seed is a world on SQLite', async () => {
  const thread = startThread()
  const stories = await thread.tell(4, 3, { plain: true, theme: 'nothing' })
  await thread.stop()
  expect(stories.map(({ home }) => home)).toEqual(['aws', 'aws', 'sqlite'])
})
