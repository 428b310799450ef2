import { pick, whole } from '../../engine/chance.ts'
import { operationsOn, type Wish, wishOf } from '../wishes.ts'
import { type Cue, clusterFor, instanceFor, momentOf } from './play.ts'

/** So close together that whoever is second finds nothing of the first. */
const TOGETHER_MS = 25

/** Two to four ask for something else of the same resource in the same instant. */
export function rush(cue: Cue): Wish[] {
  const { random, number } = cue
  return Array.from({ length: 3 + whole(6, random) }, (_, index) => {
    const at = momentOf(cue)
    const id = random() < 0.8 ? instanceFor(cue, 1_000 + index) : clusterFor(cue, 1_000 + index)
    const operations = operationsOn(id)
    return Array.from({ length: 2 + whole(3, random) }, () =>
      wishOf({
        ...{ operation: pick(operations, random), id, number: number(), at: at + whole(TOGETHER_MS, random) },
        door: pick(['api', 'ticket', 'alarm'], random),
        collision: pick(['queue', 'reject', 'skip'], random),
      }),
    )
  }).flat()
}
