import { seeded } from '../chance.ts'

/** A source of choices that a seed repeats exactly, so that failures can be reproduced. */
export interface Chance {
  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number
  pick<T>(list: readonly T[]): T
  /** Up to `most` of the pieces in a row; may be empty. */
  text(pieces: readonly string[], most?: number): string
  /** `few` to `many` of what is made. */
  list<T>(few: number, many: number, make: () => T): T[]
}

/** Difficult texts for signers: unreserved, reserved and unsafe characters, apparent escapes, two to four bytes of UTF-8. */
export const PIECES: readonly string[] = [
  ...'aZ09-._~ +%/&=?#!\'()*:@$,;"<>{}|\\^`[]',
  ...['%20', '%2F', '%zz', 'ü', '缓存', '😀', 'e\u0301', 'ﬀ', 'x'.repeat(70)],
]

export function chanceOf(seed: number): Chance {
  const random = seeded(seed)
  const below = (end: number): number => Math.floor(random() * end)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  const list = <T>(few: number, many: number, make: () => T): T[] =>
    Array.from({ length: few + below(many - few + 1) }, make)
  return { below, pick, list, text: (pieces, most = 5) => list(0, most, () => pick(pieces)).join('') }
}
