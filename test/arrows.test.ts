import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Folder -> the folders that it may import from. What is not here is forbidden. */
const ARROWS: Record<string, string[]> = {
  'lib/basics': [],
  'lib/cloud': ['lib/basics'],
  'lib/services': ['lib/cloud', 'lib/basics'],
  'lib/runs': ['lib/services', 'lib/cloud', 'lib/basics'],
  'lib/dead-letters': ['lib/runs', 'lib/basics'],
  'lib/deliveries': ['lib/runs'],
  'lib/http': [],
  'lib/sources': ['lib/http', 'lib/dead-letters', 'lib/deliveries', 'lib/runs', 'lib/cloud', 'lib/basics'],
  'lib/rules': ['lib/sources', 'lib/runs', 'lib/services', 'lib/cloud', 'lib/basics'],
  'lib/api': [
    ...['lib/sources', 'lib/http', 'lib/dead-letters', 'lib/deliveries', 'lib/runs', 'lib/services', 'lib/cloud'],
    ...['lib/notify', 'lib/basics'],
  ],
  'lib/notify': ['lib/dead-letters', 'lib/runs', 'lib/basics'],
  'lib/aws': ['lib/notify', 'lib/deliveries', 'lib/dead-letters', 'lib/runs', 'lib/cloud', 'lib/basics'],
  // Clouds that are strangers to us, as the real ones are.
  'lib/simulators': [],
  functions: ['lib/aws', 'lib/api', 'lib/rules', 'lib/sources', 'lib/dead-letters', 'lib/runs'],
  'lib/local': [
    ...['lib/simulators', 'lib/api', 'lib/notify', 'lib/rules', 'lib/sources', 'lib/http', 'lib/dead-letters'],
    ...['lib/deliveries', 'lib/runs', 'lib/services', 'lib/cloud', 'lib/basics'],
  ],
}

/** Packages that only these folders know. */
const PACKAGES: [RegExp, string[]][] = [
  [/^@aws-sdk\//, ['lib/aws']],
  [/^@aws-lambda-powertools\//, ['lib/aws']],
  [/^@middy\//, ['functions']],
  [/^aws-lambda$/, ['functions', 'lib/api', 'lib/aws', 'lib/local']],
  [/^node:sqlite$/, ['lib/local']],
  [/^undici(\/|$)/, ['lib/cloud']],
  [/^yaml$/, ['lib/rules']],
  [/^(croner|rrule-temporal|temporal-polyfill)$/, ['lib/runs']],
  [/^(esbuild|pino|pino-pretty|rotating-file-stream)$/, ['lib/local']],
  [/^(fauxqs|dynalite)$/, []],
]

interface Import {
  from: string
  to: string
}

/** Static, dynamic and type-only imports, and re-exports. */
const IMPORT = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)['"]([^'"]+)['"]/g

function importsOf(file: string, text: string): Import[] {
  return [...text.matchAll(IMPORT)].map(([, to = '']) => ({
    from: file,
    to: to.startsWith('.') ? relative(ROOT, join(ROOT, dirname(file), to)) : to,
  }))
}

const files = ['functions', 'lib'].flatMap((top) =>
  readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(top, file)),
)
const imports = files.flatMap((file) => importsOf(file, readFileSync(join(ROOT, file), 'utf8')))

const folderOf = (file: string): string => Object.keys(ARROWS).find((folder) => file.startsWith(`${folder}/`)) ?? file

const isOurs = ({ to }: Import): boolean => /^(lib|functions|test|events)\//.test(to)

function againstTheArrows(all: Import[]): string[] {
  return all
    .filter(isOurs)
    .filter(({ from, to }) => folderOf(from) !== folderOf(to) && !ARROWS[folderOf(from)]?.includes(folderOf(to)))
    .map(({ from, to }) => `${from} -> ${to}`)
}

function strayPackages(all: Import[]): string[] {
  return all
    .filter(({ from, to }) => PACKAGES.some(([name, folders]) => name.test(to) && !folders.includes(folderOf(from))))
    .map(({ from, to }) => `${from} -> ${to}`)
}

function cycles(all: Import[]): string[] {
  const next = Map.groupBy(all.filter(isOurs), ({ from }) => from)
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' -> '))
    if (path.includes(file) || done.has(file)) return
    for (const { to } of next.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of next.keys()) visit(file, [])
  return found
}

test('dependencies run one way', () => {
  expect(againstTheArrows(imports)).toEqual([])
})

test('packages stay where they belong', () => {
  expect(strayPackages(imports)).toEqual([])
})

test('there are no import cycles', () => {
  expect(cycles(imports)).toEqual([])
})

/** All that is loaded with a file; what is imported as a type is not. */
function loadedWith(entry: string): Set<string> {
  const loaded = new Set([entry])
  for (const file of loaded) {
    const text = readFileSync(join(ROOT, file), 'utf8').replaceAll(/^import type .*$|\btype \w+,? ?/gm, '')
    const next = importsOf(file, text.replaceAll(/^import \{\s*\} from .*$/gm, ''))
    for (const { to } of next.filter(isOurs)) if (to.endsWith('.ts')) loaded.add(to)
  }
  return loaded
}

test('bury-message loads no service: its records say all that it needs', () => {
  const loaded = [...loadedWith('functions/bury-message.ts')]
  expect(loaded.length).toBeGreaterThan(20)
  expect(loaded.filter((file) => file.startsWith('lib/services/'))).toEqual([])
})

test('every file of lib and functions is in a known folder, and its imports are found', () => {
  expect(files.filter((file) => folderOf(file) === file)).toEqual([])
  expect(imports.length).toBeGreaterThan(files.length)
})

test('a planted violation of each kind is seen', () => {
  const planted = importsOf(
    'lib/cloud/x.ts',
    "import type { Run } from '../runs/run.ts'\nimport { y } from './y.ts'\n",
  ).concat(
    importsOf('lib/cloud/y.ts', "const x = await import('./x.ts')\nimport { SQSClient } from '@aws-sdk/client-sqs'"),
  )
  expect(againstTheArrows(planted)).toEqual(['lib/cloud/x.ts -> lib/runs/run.ts'])
  expect(cycles(planted)).toEqual(['lib/cloud/x.ts -> lib/cloud/y.ts -> lib/cloud/x.ts'])
  expect(strayPackages(planted)).toEqual(['lib/cloud/y.ts -> @aws-sdk/client-sqs'])
})
