import { seeded } from '../../chance.ts'

/** What chance decides. */
export type Purpose = 'faults' | 'travel' | 'handlers' | 'work' | 'lag' | 'order' | 'console' | 'oddities'

/**
 * The chance of a world: for each purpose, and for each that it concerns (a run, mostly), a stream of its own. What is
 * drawn for one run does not change what is drawn for another, so that a story can be shortened: without the others, the
 * same still happens to it.
 */
export type Chance = (purpose: Purpose, concern: string) => number

export function createChance(seed: number): Chance {
  const streams = new Map<Purpose, Map<string, () => number>>()
  return (purpose, concern) => {
    const own = streams.get(purpose) ?? new Map<string, () => number>()
    if (own.size === 0) streams.set(purpose, own)
    const stream = own.get(concern) ?? streamOf(seed, purpose + concern)
    own.set(concern, stream)
    return stream()
  }
}

/** Numbers from 0 up to, and without, 1: others for each name, always the same for one seed and name. */
export function streamOf(seed: number, name: string): () => number {
  let hash = seed >>> 0
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193) >>> 0
  return seeded(hash ^ Math.imul(seed, 0x9e3779b1))
}

export function pick<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

/** A whole number from 0 up to, and without, `below`. @param random uniform in [0, 1) */
export function whole(below: number, random: () => number): number {
  return Math.floor(random() * below)
}
