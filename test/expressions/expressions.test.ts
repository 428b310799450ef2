import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Attack, attacksOn } from './attacks.ts'
import { type Literal, literalsIn } from './literals.ts'

/**
 * An expression must not take time by the square of its text, nor worse: what it reads comes from outside, or may. Each is
 * measured against one that does (`/ +!/` over spaces), of the same length and in the same run, so that no clock and no machine
 * counts: at this length a linear one is a thousand times as fast. A busy machine is not held against it: only what is slow
 * each time is.
 */
const LENGTH = 20_000
const MARGIN = 20
const TRIES = 6

/** By these an expression of exponential time is seen before it hangs. */
const LENGTHS = [16, 20, 24, 28, 64, 256, 1024, 4096, LENGTH]

const ROOT = join(import.meta.dirname, '../..')
const SOURCES = globSync('{lib,functions}/**/*.ts', { cwd: ROOT })
  .sort()
  .map((file) => ({ file, code: readFileSync(join(ROOT, file), 'utf8') }))
const FOUND = SOURCES.flatMap(({ file, code }) => literalsIn(code).map((literal) => ({ ...literal, file })))

function timeMs({ source, flags }: Pick<Literal, 'source' | 'flags'>, text: string): number {
  const expression = new RegExp(source, flags)
  const begunMs = performance.now()
  text.replace(expression, '')
  return performance.now() - begunMs
}

const square = (): number => timeMs({ source: ' +!', flags: '' }, ' '.repeat(LENGTH))
const LIMIT_MS = Math.min(square(), square(), square()) / MARGIN

function isSlow(literal: Pick<Literal, 'source' | 'flags'>, { prefix, unit, suffix }: Attack): boolean {
  return LENGTHS.some((length) => {
    const text = prefix + unit.repeat(Math.ceil(length / unit.length)) + suffix
    return Array.from({ length: TRIES }).every(() => timeMs(literal, text) > LIMIT_MS)
  })
}

const slowest = (literal: Pick<Literal, 'source' | 'flags'>): Attack | undefined =>
  attacksOn(literal).find((attack) => isSlow(literal, attack))

describe('takes time by the length of its text, no worse:', () => {
  test.for(FOUND.map((literal): [string, Literal] => [`${literal.file}:${literal.line} /${literal.source}/`, literal]))(
    '%s',
    ([, literal]) => {
      expect(slowest(literal)).toBeUndefined()
    },
  )
})

test('expressions that are put together are these: of parts that are held above, or of our own template', () => {
  const dynamic = SOURCES.filter(({ code }) => /\bRegExp\(/.test(code)).map(({ file }) => file)
  expect(dynamic).toEqual(['lib/local/http/route-match.ts', 'lib/services/dcs/evidence/nodes.ts'])
})

describe('what measures', () => {
  test.for([
    ['spaces before', ' +!'],
    ['spaces before a word', ',?\\s*canonicalRequest:.*'],
    ['two that share spaces', '^\\s*"?\\s*(?:id:)?\\s*x$'],
    ['a word, and another far behind', 'stop.*monitor'],
    ['a word, without another far behind', '(?<!re)start(?!.*monitor)'],
    ['a separator that may stand in both parts', '^a (.+), b (.+)$'],
    ['the end of a run', '\\/+$'],
    ['within a class of letters', 'a[a-f]+-[0-9]'],
    ['a repeat within a repeat', '^(a+)+$'],
    ['alternatives that share', '^(\\w|\\d)+$'],
    ['a repeat of what may be empty', '^(?:id=)(\\s*\\w*)*$'],
    ['a large bound of another', '^(?:\\w{1,9999}x?)+!$'],
  ])('sees what is slow: %s', ([, source = '']) => {
    expect(slowest({ source, flags: '' })).toBeDefined()
  })
})

describe('expressions are found', () => {
  test.for<[string, string, string[]]>([
    ['after an operator, a bracket, a keyword', 'a = /b/; f(/c/g); return /d/i', ['b', 'c', 'd']],
    ['with slashes in classes and after backslashes', 'x = /[/]\\//', ['[/]\\/']],
    ['in a template', `x = \`a/b/\${/c/.test(\`/\${/d/}\`)}/e/\`, /f/`, ['c', 'd', 'f']],
    ['after a block in a template', `x = \`\${f(() => { return 1 })}/b/\``, []],
    ['after a comment', 'x = 1 // 2 /a/\n/* /b/ */ y = /c/', ['c']],
    ['not in strings', `x = 'a /b/', y = "/c/"`, []],
    ['not where something is divided', 'x = a / b / c; y = (1) / 2 / 3; z = e[0] / f / g', []],
  ])('%s', ([, code, expected]) => {
    expect(literalsIn(code).map(({ source }) => source)).toEqual(expected)
  })

  test('in their lines, with their flags', () => {
    expect(literalsIn('\n\nx = /a/gi')).toEqual([{ source: 'a', flags: 'gi', line: 3 }])
  })

  test('all over the sources', () => {
    expect(FOUND.length).toBeGreaterThan(150)
  })
})
