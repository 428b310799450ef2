import { setTimeout } from 'node:timers/promises'
import { answer } from './child.ts'
import { client } from './clients/huawei-ours.ts'

/** A process that calls, and says what it holds afterwards. */
export interface Heap {
  heapMb: number
  rssMb: number
}

const call = client(process.argv[2] ?? '')

answer(async ({ calls }: { calls: number }): Promise<Heap> => {
  let left = calls
  const work = async (): Promise<void> => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: 64 }, work))
  // What ended last is let go of a turn later.
  await setTimeout(100)
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  return { heapMb: heapUsed / 1e6, rssMb: rss / 1e6 }
})
