import { expect, test } from 'vitest'
import { WORST } from './engine/faults.ts'
import { startThread } from './threads.ts'

/** Together, these worlds have each fault. Where one is missing, another seed has it. */
const FAULTY_WORLDS = [7, 19, 36, 42, 48, 57, 73, 95, 127]

test('every fault that the simulation declares happens in it', async () => {
  const left = new Set(Object.keys(WORST))
  // A storm shows it, and is as long as forty worlds.
  left.delete('cloud limits its rate')
  const thread = startThread()
  for (const seed of FAULTY_WORLDS) {
    const [story] = await thread.tell(seed, 1, { harm: 1, theme: 'all', scenes: ['late redrive'] })
    for (const kind of Object.keys(story?.faults ?? {})) left.delete(kind)
  }
  await thread.stop()
  expect([...left]).toEqual([])
})

test('a storm of 2,000 alarms is the same every time', async () => {
  const thread = startThread()
  const [whole] = await thread.tell(4711, 1, { scenes: ['storm'] })
  const [again] = await thread.tell(4711, 1, { scenes: ['storm'] })
  await thread.stop()
  // Most are turned away by the storm stop, and by the limits.
  expect(whole?.runs).toBeGreaterThan(100)
  expect([again?.runs, again?.faults]).toEqual([whole?.runs, whole?.faults])
})
