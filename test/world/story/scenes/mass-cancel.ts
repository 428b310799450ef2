import { pick, whole } from '../../engine/chance.ts'
import { operationsOn, type Wish, wishOf } from '../wishes.ts'
import { type Cue, clusterFor, instanceFor, momentOf } from './play.ts'

/** Somebody asks for much within a minute, sees his mistake, and withdraws all of it at once. */
export function massCancel(cue: Cue): Wish[] {
  const { random, number } = cue
  const at = momentOf(cue)
  const ids = Array.from({ length: 1 + whole(3, random) }, (_, index) =>
    random() < 0.8 ? instanceFor(cue, index) : clusterFor(cue, index),
  )
  const cancelAt = at + 2_000 + Math.floor(random() ** 2 * 120_000)
  return Array.from({ length: 8 + whole(25, random) }, () => {
    const id = pick(ids, random)
    const made = { operation: pick(operationsOn(id), random), id, number: number(), at: at + whole(60_000, random) }
    return wishOf({ ...made, door: pick(['api', 'ticket'], random), collision: 'queue', cancelAt })
  })
}
