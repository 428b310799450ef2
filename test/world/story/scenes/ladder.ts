import { pick, whole } from '../../engine/chance.ts'
import { operationsOn, type Wish, wishOf } from '../wishes.ts'
import { type Cue, instanceFor, momentOf } from './play.ts'

const MINUTE_MS = 60_000

/** What the rule with a ladder does first. */
const FIRST = 'dcs.instance.soft-restart'

/**
 * A few instances are dead. Their alarms fire, repeat and flap; the word that one is resolved comes early, late or never, or because
 * somebody else did something there.
 */
export function ladder(cue: Cue): Wish[] {
  return Array.from({ length: 1 + whole(3, cue.random) }, (_, index) => troubles(cue, index)).flat()
}

function troubles(cue: Cue, index: number): Wish[] {
  const { random, number } = cue
  const id = instanceFor(cue, 5_000 + index)
  const key = `dead-${index}`
  const says = (state: 'ALARM' | 'OK', at: number): Wish[] => {
    const toldAt = at + (random() < 0.2 ? whole(3 * MINUTE_MS, random) : whole(2_000, random))
    const made = { operation: FIRST, id, number: number(), at: toldAt, occurredAt: at, key }
    const wish = wishOf({ ...made, door: 'alarm', alarm: { name: 'dead', state } })
    return random() < 0.1 ? [wish, { ...wish, at: toldAt + whole(MINUTE_MS, random) }] : [wish]
  }
  const wishes: Wish[] = []
  let at = momentOf(cue)
  for (let trouble = 0; trouble < 1 + whole(3, random); trouble++) {
    wishes.push(...says('ALARM', at))
    // Within the same instant or later, and now and then after a moment of health.
    for (let repeat = whole(4, random); repeat > 0; repeat--) {
      at += 1 + whole(random() < 0.3 ? 20 : 4 * MINUTE_MS, random)
      if (random() < 0.2) wishes.push(...says('OK', at))
      at += 1 + whole(random() < 0.5 ? 100 : MINUTE_MS, random)
      wishes.push(...says('ALARM', at))
    }
    if (random() < 0.2) {
      const operation = pick(operationsOn(id), random)
      wishes.push(wishOf({ operation, id, number: number(), at: at + whole(MINUTE_MS, random), door: 'api' }))
    }
    at += 1_000 + Math.floor(random() ** 2 * 20 * MINUTE_MS)
    // Some are never resolved, or that is not told.
    if (random() < 0.65) wishes.push(...says('OK', at))
    at += 1_000 + whole(10 * MINUTE_MS, random)
  }
  return wishes
}
