import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Rewrite } from './engine/source.ts'
import type { Measured } from './story/measure.ts'
import type { Shortened } from './story/shorten.ts'
import type { Options } from './story/simulate.ts'
import type { Story } from './story/story.ts'
import type { Done, Task } from './thread.ts'

/** A thread of its own: time and chance are replaced in all of it, and the code under test may be another one. */
export interface Thread {
  /** The stories of some seeds. */
  tell(first: number, count: number, options?: Pick<Options, 'log' | 'favoured'>): Promise<Story[]>
  shorten(seed: number, property: string): Promise<Shortened>
  measure(seed: number): Promise<Measured>
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
    shorten: async (seed, property) => {
      const done = await ask({ does: 'shorten', seed, property })
      if (!('shortened' in done)) throw new Error('not what was asked for')
      return done.shortened
    },
    measure: async (seed) => {
      const done = await ask({ does: 'measure', seed })
      if (!('measured' in done)) throw new Error('not what was asked for')
      return done.measured
    },
    stop: () => worker.terminate(),
  }
}
