import { pick, whole } from '../../engine/chance.ts'
import { START } from '../../engine/globals.ts'
import { operationsOn, type Wish, wishOf } from '../wishes.ts'
import { type Cue, clusterFor, instanceFor } from './play.ts'

/** How many watch the same thing, each with an alarm of its own. */
const WATCHERS = 3

/** More transitions than that a world does not have. */
const MOST = 120

/**
 * A resource is ill, and whatever is done to it helps for minutes: its alarms go on and off, of one watcher or of three, for
 * one operation or for several; each is told once or more, sooner or later, now and then as having begun earlier.
 */
export function flapping(cue: Cue): Wish[] {
  const { random, withinMs, number } = cue
  const own = number()
  const id = random() < 0.7 ? instanceFor(cue, own) : clusterFor(cue, own)
  const everyMs = 60_000 * (1 + whole(9, random))
  const [watchers, favourite] = [1 + whole(WATCHERS, random), pick(operationsOn(id), random)]
  const wishes: Wish[] = []
  for (let at = START + whole(everyMs, random); at < START + withinMs && wishes.length < MOST; at += everyMs) {
    for (let watcher = 0; watcher < watchers; watcher++) {
      const operation = random() < 0.7 ? favourite : pick(operationsOn(id), random)
      const occurredAt = at - (random() < 0.2 ? whole(everyMs, random) : 0)
      const toldAt = at + (random() < 0.2 ? whole(10 * 60_000, random) : whole(10_000, random))
      const alarm = wishOf({ operation, id, number: number(), at: toldAt, occurredAt, door: 'alarm' })
      wishes.push(alarm, ...(random() < 0.2 ? [{ ...alarm, at: toldAt + whole(60_000, random) }] : []))
    }
  }
  return wishes
}
