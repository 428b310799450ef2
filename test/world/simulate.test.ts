import { expect, test } from 'vitest'
import { simulateWorld } from './simulate.ts'

/** Worlds in which everything goes wrong. A failure prints its seed: `npm run simulate -- --seed <seed> --runs 1` repeats it. */
async function violations(first: number, worlds: number): Promise<string[]> {
  const found: string[] = []
  for (let seed = first; seed < first + worlds; seed++) {
    const story = await simulateWorld(seed)
    found.push(...story.violations.map(({ property, seen }) => `seed ${seed}: ${property}: ${seen}`))
  }
  return found
}

test('the promises hold in worlds of fixed seeds', { timeout: 60_000 }, async () => {
  expect(await violations(1, 500)).toEqual([])
})

test('the promises hold in worlds of fresh seeds', { timeout: 60_000 }, async () => {
  expect(await violations(1_000_000 + (Date.now() % 1_000_000_000), 1_500)).toEqual([])
})

test('the same seed is the same world', async () => {
  expect(await simulateWorld(4711)).toEqual(await simulateWorld(4711))
})
