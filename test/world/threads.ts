import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Rewrite } from './engine/source.ts'
import type { Detection, DetectionCell } from './story/detection.ts'
import type { FleetCell, FleetMeasured } from './story/fleet.ts'
import type { JoinersCell, JoinersMeasured } from './story/joiners.ts'
import type { Measured } from './story/measure.ts'
import type { Kind } from './story/nature.ts'
import type { Shortened } from './story/shorten.ts'
import type { Story } from './story/story.ts'
import type { Done, Task } from './thread.ts'

/** A thread of its own: time and chance are replaced in all of it, and the code under test may be another one. */
export interface Thread {
  /** The stories of some seeds. */
  tell(first: number, count: number, options?: Kind & { log?: boolean }): Promise<Story[]>
  shorten(seed: number, property: string, kind?: Kind): Promise<Shortened>
  measure(seed: number): Promise<Measured>
  detect(cell: DetectionCell): Promise<Detection>
  measureFleet(cell: FleetCell): Promise<FleetMeasured>
  measureJoiners(cell: JoinersCell): Promise<JoinersMeasured>
  stop(): Promise<unknown>
}

/** One task at a time. @param guardsOff what is switched off in the code under test */
export function startThread(guardsOff: readonly Rewrite[] = []): Thread {
  const worker = new Worker(join(import.meta.dirname, 'thread.ts'), { workerData: { guardsOff } })
  let asked = Promise.withResolvers<Done>()
  worker.on('message', (done: Done) => asked.resolve(done))
  worker.on('error', (error) => asked.reject(error))
  const ask = (task: Task): Promise<Done> => {
    asked = Promise.withResolvers<Done>()
    worker.postMessage(task)
    return asked.promise
  }
  return {
    tell: async (first, count, options = {}) => {
      const done = await ask({ does: 'tell', first, count, options })
      return 'stories' in done ? done.stories : []
    },
    shorten: async (seed, property, kind = {}) => {
      const done = await ask({ does: 'shorten', seed, property, kind })
      if (!('shortened' in done)) throw new Error('not what was asked for')
      return done.shortened
    },
    measure: async (seed) => {
      const done = await ask({ does: 'measure', seed })
      if (!('measured' in done)) throw new Error('not what was asked for')
      return done.measured
    },
    detect: async (cell) => {
      const done = await ask({ does: 'detect', cell })
      if (!('detection' in done)) throw new Error('not what was asked for')
      return done.detection
    },
    measureFleet: async (cell) => {
      const done = await ask({ does: 'fleet', cell })
      if (!('fleet' in done)) throw new Error('not what was asked for')
      return done.fleet
    },
    measureJoiners: async (cell) => {
      const done = await ask({ does: 'joiners', cell })
      if (!('joiners' in done)) throw new Error('not what was asked for')
      return done.joiners
    },
    stop: () => worker.terminate(),
  }
}

/** Does it for each item in one of so many threads. @returns the results, in the order of the items */
export async function inThreads<Item, Result>(
  items: readonly Item[],
  jobs: number,
  does: (thread: Thread, item: Item) => Promise<Result>,
): Promise<Result[]> {
  const left = [...items.entries()]
  const results = new Map<number, Result>()
  const work = async (): Promise<void> => {
    const thread = startThread()
    for (let next = left.shift(); next; next = left.shift()) results.set(next[0], await does(thread, next[1]))
    await thread.stop()
  }
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, work))
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result)
}
