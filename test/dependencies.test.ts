import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findings } from '../.ci/dependencies.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))
const LOCK = read('package-lock.json')
const ALLOWED = read('.ci/dependencies.json')

/** The lock file with one package more. */
function withPackage(path: string, locked: object) {
  const fine = { version: '1.0.0', license: 'MIT', integrity: 'sha512-x' }
  return { packages: { ...LOCK.packages, [`node_modules/${path}`]: { ...fine, ...locked } } }
}

test('every licence and install script of the lock file is allowed, and no more are', () => {
  expect(findings(LOCK, ALLOWED)).toEqual([])
})

test.for([
  ['a licence that is new', { license: 'SSPL-1.0', dev: true }, 'the licence SSPL-1.0 is not allowed here'],
  ['no licence', { license: undefined, dev: true }, 'the licence none is not allowed here'],
  ['a licence of development', { license: 'MPL-2.0' }, 'the licence MPL-2.0 is not allowed in what is shipped'],
  ['an install script that is new', { hasInstallScript: true, dev: true }, 'has a new install script'],
  ['no integrity', { integrity: undefined }, 'has no integrity'],
] as const)('a package with %s is found', ([, locked, finding]) => {
  expect(findings(withPackage('@planted/one', locked), ALLOWED)).toEqual([`@planted/one@1.0.0: ${finding}`])
})

test('a package within another, or under another name, is found by its own name', () => {
  const scripted = { hasInstallScript: true }
  expect(findings(withPackage('yaml/node_modules/planted', scripted), ALLOWED)).toHaveLength(1)
  expect(findings(withPackage('yaml/node_modules/esbuild', scripted), ALLOWED)).toEqual([])
  expect(findings(withPackage('esbuild-alias', { ...scripted, name: 'esbuild' }), ALLOWED)).toEqual([])
  expect(findings(withPackage('yaml', { ...scripted, name: 'planted' }), ALLOWED)).toEqual([
    'planted@1.0.0: has a new install script',
  ])
})

test('a permission that nothing needs is found', () => {
  const { licences, installScripts } = ALLOWED
  expect(findings(LOCK, { licences, installScripts: { ...installScripts, gone: 'why' } })).toEqual([
    'gone: has no install script',
  ])
  const shipped = [...licences.shipped, 'Zlib']
  expect(findings(LOCK, { licences: { ...licences, shipped }, installScripts })).toEqual([
    'Zlib: no package has this licence',
  ])
})

test('install scripts are off, and no script of ours hangs on one that npm then leaves out', () => {
  expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m)
  const names = Object.keys(read('package.json').scripts)
  expect(names.filter((name) => names.some((one) => name === `pre${one}` || name === `post${one}`))).toEqual([])
})
