import { parentPort, workerData } from 'node:worker_threads'
import type { Rewrite } from './engine/source.ts'
import type { Measured } from './story/measure.ts'
import type { Shortened } from './story/shorten.ts'
import type { Options } from './story/simulate.ts'
import type { Story } from './story/story.ts'
import { prepareThread } from './story/subject.ts'

/** A thread in which worlds live. Started by `threads.ts`. */

export type Task =
  | { does: 'tell'; first: number; count: number; options: Pick<Options, 'log' | 'favoured'> }
  | { does: 'shorten'; seed: number; property: string }
  | { does: 'measure'; seed: number }

export type Done = { stories: Story[] } | { shortened: Shortened } | { measured: Measured }

const { guardsOff } = workerData as { guardsOff: Rewrite[] } // by threads.ts
const subject = await prepareThread(guardsOff)
const { tell } = await import('./story/story.ts')
const { shorten } = await import('./story/shorten.ts')
const { measure } = await import('./story/measure.ts')

async function carryOut(task: Task): Promise<Done> {
  if (task.does === 'shorten') return { shortened: await shorten(task.seed, task.property, subject) }
  if (task.does === 'measure') return { measured: await measure(task.seed, subject) }
  const stories: Story[] = []
  for (let seed = task.first; seed < task.first + task.count; seed++) {
    stories.push(await tell(seed, subject, task.options))
  }
  return { stories }
}

parentPort?.on('message', (task: Task) => {
  void carryOut(task).then((done) => parentPort?.postMessage(done))
})
