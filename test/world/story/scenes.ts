import { streamOf } from '../engine/chance.ts'
import { flapping } from './scenes/flapping.ts'
import { ladder } from './scenes/ladder.ts'
import { massCancel } from './scenes/mass-cancel.ts'
import type { Play } from './scenes/play.ts'
import { rush } from './scenes/rush.ts'
import { spellings } from './scenes/spellings.ts'
import { storm } from './scenes/storm.ts'
import type { Wish } from './wishes.ts'

/** In what share of the worlds each scene is played. A storm is as many runs as forty worlds. */
const SHARES = {
  storm: 1 / 200,
  'mass cancel': 0.04,
  rush: 0.08,
  spellings: 0.15,
  flapping: 0.2,
  ladder: 0.3,
  pause: 0.15,
  'held back': 0.08,
  echoes: 0.4,
  'line after doubt': 0.4,
  'late redrive': 0.15,
  'work shows late': 0.3,
  'answer comes late': 0.1,
  'request arrives late': 0.1,
} as const

export type SceneName = keyof typeof SHARES

/** Those that are known before a world begins. All others follow what happens in it. */
const PLAYS: readonly [SceneName, Play][] = [
  ['storm', storm],
  ['mass cancel', massCancel],
  ['rush', rush],
  ['spellings', spellings],
  ['flapping', flapping],
  ['ladder', ladder],
]

/** The scenes of a world. */
export interface Billed {
  seed: number
  /** Within so many ms of the world's begin. */
  withinMs: number
  /** Nothing is: there are but the usual requests. */
  plain?: boolean | undefined
  /** Played whatever the seed says. */
  forced?: readonly SceneName[] | undefined
  contention?: number | undefined
}

export function isPlayed({ seed, forced = [], plain }: Billed, name: SceneName): boolean {
  if (plain) return false
  return forced.includes(name) || streamOf(seed, `scene ${name}`)() < SHARES[name]
}

/** Each scene has numbers of its own, so that no other changes it. */
const NUMBERS_EACH = 10_000

/** What the scenes of a world ask for. */
export function scenesOf(billed: Billed): Wish[] {
  return PLAYS.flatMap(([name, play], index) => {
    // A storm is over a hundred resources, or it is none.
    if (!isPlayed(billed, name) || (billed.contention && name === 'storm')) return []
    let number = NUMBERS_EACH * (index + 1)
    const { withinMs, contention } = billed
    return play({ random: streamOf(billed.seed, `play ${name}`), withinMs, contention, number: () => number++ })
  })
}
