import { expect, test } from 'vitest'
import { like } from '../../lib/basics/like.ts'
import { covers } from '../../lib/rules/pattern.ts'

/** Every text of at most so many characters of an alphabet. */
function textsUpTo(length: number, alphabet: string): string[] {
  if (length === 0) return ['']
  const shorter = textsUpTo(length - 1, alphabet)
  return [...new Set([...shorter, ...shorter.flatMap((text) => [...alphabet].map((one) => text + one))])]
}

const PATTERNS = textsUpTo(4, 'ab*').filter((text) => text !== '')
/** Longer than any pattern, and with a character of none. */
const TEXTS = textsUpTo(6, 'abc')

test('a pattern covers another exactly where it matches every text of it, by trying all of both', () => {
  const matched = new Map(PATTERNS.map((pattern) => [pattern, TEXTS.filter((text) => like(pattern, text))]))
  let covered = 0
  const wrong = PATTERNS.flatMap((general) =>
    PATTERNS.filter((specific) => {
      const expected = matched.get(specific)?.every((text) => like(general, text))
      if (expected) covered += 1
      return covers(general, specific) !== expected
    }).map((specific) => [general, specific]),
  )
  expect(wrong).toEqual([])
  expect(covered).toBeGreaterThan(2 * PATTERNS.length)
})

test.for([
  [['redis-*', 'kafka-*'], ['redis-a', 'kafka-*-b'], true],
  [['redis-*', 'kafka-*'], ['redis-a', 'mysql-*'], false],
  [['a*', '*b'], '*', false],
  ['*', ['a', '*'], true],
  ['a**b', 'a*b', true],
  ['a*b', 'a**b', true],
] as const)('%j covers %j: %s', ([general, specific, expected]) => {
  expect(covers([general].flat(), [specific].flat())).toBe(expected)
})
