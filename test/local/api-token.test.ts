import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiTokenFile, apiTokenIn, savedApiToken } from '../../lib/local/api-token.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steadyhand-token-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('one is made where there is none, for its owner alone, and used from then on', () => {
  const dataDir = join(folder, 'not/there/yet')
  expect(savedApiToken(dataDir)).toBeUndefined()
  const token = apiTokenIn(dataDir)
  expect(token).toMatch(/^[0-9a-f]{64}$/)
  expect([apiTokenIn(dataDir), savedApiToken(dataDir)]).toEqual([token, token])
  const file = apiTokenFile(dataDir)
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual([`${token}\n`, 0o600])
  expect(apiTokenIn(folder)).not.toBe(token)
})

test.for([
  ['that its group can read', 'x'.repeat(32), 0o640, 'can be read or written by others than its owner (mode 0640)'],
  ['that others can read', 'x'.repeat(32), 0o604, 'can be read or written by others than its owner (mode 0604)'],
  ['that others can write', 'x'.repeat(32), 0o602, 'can be read or written by others than its owner (mode 0602)'],
  [
    'that others can read, though it is empty',
    '',
    0o644,
    'can be read or written by others than its owner (mode 0644)',
  ],
  ['that is short', 'x'.repeat(31), 0o600, 'holds no token'],
  ['with a space', `${'x'.repeat(32)} x`, 0o600, 'holds no token'],
  ['of two lines', `${'x'.repeat(32)}\n${'x'.repeat(32)}\n`, 0o600, 'holds no token'],
  ['of no ASCII', 'ü'.repeat(32), 0o600, 'holds no token'],
  ['of a line end', '\n', 0o600, 'holds no token'],
] as const)('a file %s is refused, and it is said how to get another', ([, text, mode, why]) => {
  const file = apiTokenFile(folder)
  writeFileSync(file, text)
  chmodSync(file, mode)
  for (const read of [apiTokenIn, savedApiToken]) {
    expect(() => read(folder)).toThrow(`${file} ${why}. Delete it (rm "${file}"): npm start makes another`)
  }
  expect(readFileSync(file, 'utf8')).toBe(text)
})

test.for(['', '\n', '\r\n'])('one of your own is taken, whatever its line end: %j', (end) => {
  writeFileSync(apiTokenFile(folder), `${'my-own-'.repeat(5)}${end}`, { mode: 0o600 })
  expect(apiTokenIn(folder)).toBe('my-own-'.repeat(5))
})

test('a file that was made and not written any more is made anew', () => {
  writeFileSync(apiTokenFile(folder), '', { mode: 0o600 })
  const token = apiTokenIn(folder)
  expect([token, savedApiToken(folder)]).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), token])
})

test('a link that leads nowhere is not written through', () => {
  symlinkSync(join(folder, 'elsewhere'), apiTokenFile(folder))
  expect(() => apiTokenIn(folder)).toThrow('EEXIST')
})
