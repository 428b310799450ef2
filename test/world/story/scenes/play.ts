import { whole } from '../../engine/chance.ts'
import { START } from '../../engine/globals.ts'
import { dcsId, emrId, type Wish } from '../wishes.ts'

/** What a scene is given. */
export interface Cue {
  random: () => number
  withinMs: number
  /** How many requests there are for the one instance and the one cluster, where there are no others. */
  contention: number | undefined
  /** The number of its next request. */
  number: () => number
}

/** What a scene asks for. */
export type Play = (cue: Cue) => Wish[]

export function momentOf({ random, withinMs }: Cue): number {
  return START + 1_000 + whole(withinMs, random)
}

/** One that no other scene has, the one that all have, or now and then one that others ask for, too. */
export function instanceFor({ random, contention }: Cue, number: number): string {
  const isShared = random() < 0.3
  return dcsId(contention || isShared ? 0 : 100_000 + number)
}

export function clusterFor({ random, contention }: Cue, number: number): string {
  const isShared = random() < 0.3
  return emrId(contention || isShared ? 0 : 10_000 + (number % 90_000))
}
