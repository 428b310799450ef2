import { parentPort, workerData } from 'node:worker_threads'
import type { Rewrite } from './engine/source.ts'
import type { Detection, DetectionCell } from './story/detection.ts'
import type { FleetCell, FleetMeasured } from './story/fleet.ts'
import type { JoinersCell, JoinersMeasured } from './story/joiners.ts'
import type { Measured } from './story/measure.ts'
import type { Kind } from './story/nature.ts'
import type { Shortened } from './story/shorten.ts'
import type { Story } from './story/story.ts'
import { prepareThread } from './story/subject.ts'

/** A thread in which worlds live. Started by `threads.ts`. */

export type Task =
  | { does: 'tell'; first: number; count: number; options: Kind & { log?: boolean } }
  | { does: 'shorten'; seed: number; property: string; kind: Kind }
  | { does: 'measure'; seed: number }
  | { does: 'detect'; cell: DetectionCell }
  | { does: 'fleet'; cell: FleetCell }
  | { does: 'joiners'; cell: JoinersCell }

export type Done =
  | { stories: Story[] }
  | { shortened: Shortened }
  | { measured: Measured }
  | { detection: Detection }
  | { fleet: FleetMeasured }
  | { joiners: JoinersMeasured }

const { guardsOff } = workerData as { guardsOff: Rewrite[] } // by threads.ts
const subject = await prepareThread(guardsOff)
const { tell } = await import('./story/story.ts')
const { shorten } = await import('./story/shorten.ts')
const { measure } = await import('./story/measure.ts')
const { detect } = await import('./story/detection.ts')
const { measureFleet } = await import('./story/fleet.ts')
const { measureJoiners } = await import('./story/joiners.ts')

async function carryOut(task: Task): Promise<Done> {
  if (task.does === 'shorten') return { shortened: await shorten(task.seed, task.property, task.kind, subject) }
  if (task.does === 'measure') return { measured: await measure(task.seed, subject) }
  if (task.does === 'detect') return { detection: await detect(task.cell, subject) }
  if (task.does === 'fleet') return { fleet: await measureFleet(task.cell, subject) }
  if (task.does === 'joiners') return { joiners: await measureJoiners(task.cell, subject) }
  const stories: Story[] = []
  for (let seed = task.first; seed < task.first + task.count; seed++) {
    stories.push(await tell(seed, subject, task.options))
  }
  return { stories }
}

parentPort?.on('message', (task: Task) => {
  void carryOut(task).then((done) => parentPort?.postMessage(done))
})
