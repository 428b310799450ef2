import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Words that only we used, and those that everybody knows. */
const PLAIN: Readonly<Record<string, string>> = {
  wish: 'request',
  wishes: 'requests',
  hindrance: 'blocker',
  together: 'batch',
  said: 'observed, lastObserved',
  seen: 'observedCounts',
  streak: 'consecutive',
  sight: 'snapshot',
  look: 'observe, observation',
  looks: 'observations',
  trace: 'evidence',
  means: 'relevance',
  hop: 'requeue',
  bury: 'dead-letter',
  buried: 'deadLetters',
  letter: 'deadLetter',
  letters: 'deadLetters',
  received: 'delivery',
  about: 'subject',
  echo: 'selfInflicted',
  objection: 'denial',
  veto: 'rejection',
  complaint: 'ruleError',
  complaints: 'ruleErrors',
  patience: 'timeouts',
  remedy: 'authRecovery',
  became: 'result',
  told: 'notified, problem',
}

/** The words of a name: `knownBy`, `KNOWN_BY` and `known-by` have two. */
function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[\s_-]+/)
    .map((word) => word.toLowerCase())
}

/** A dead letter is the field's own word. */
function isPlain(name: string): boolean {
  const words = wordsOf(name)
    .join(' ')
    .replaceAll(/dead letters?/g, '')
    .split(' ')
  return words.every((word) => !Object.hasOwn(PLAIN, word))
}

const EXPORTED = /^export (?:async |abstract )*(?:const|let|function|class|type|interface) (\w+)/gm

function exportedIn(file: string): string[] {
  return [...readFileSync(join(ROOT, file), 'utf8').matchAll(EXPORTED)].map(([, name = '']) => name)
}

const FILES = globSync('{lib,functions}/**/*.ts', { cwd: ROOT })

test('exported names and files have words that everybody knows', () => {
  const names = FILES.flatMap((file) => exportedIn(file).map((name) => ({ file, name })))
  expect(names.length).toBeGreaterThan(800)
  expect(names.filter(({ name }) => !isPlain(name)).map(({ file, name }) => `${file}: ${name}`)).toEqual([])
  // The name of a deployed function stays: another would be another function.
  const files = FILES.filter((file) => file !== 'functions/bury-message.ts')
  expect(files.filter((file) => !isPlain(file.replace(/^.*\/|\.ts$/g, '')))).toEqual([])
})

test.for(['checkWish', 'WISHES', 'seenLetters', 'knownBy look', 'letter'])('%s is seen', (name) => {
  expect(isPlain(name)).toBe(false)
})

test.for(['deadLetterOf', 'DEAD_LETTER_ID', 'lookup', 'overlooked'])('%s is plain', (name) => {
  expect(isPlain(name)).toBe(true)
})

test('no file is longer than a reader takes in', () => {
  const long = FILES.map((file) => ({ file, lines: readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1 }))
  expect(long.filter(({ lines }) => lines > 200)).toEqual([])
})
