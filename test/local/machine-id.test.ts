import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { machineIdIn } from '../../lib/local/machine-id.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'steadyhand-id-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('a machine has one id, which goes where its data goes', () => {
  const id = machineIdIn(folder)
  expect(id).toMatch(/^urn:steadyhand:machine:[0-9a-f-]{36}$/)
  expect(machineIdIn(folder)).toBe(id)
  expect(machineIdIn(join(folder, 'another'))).not.toBe(id)
})

test('an id that a kill left empty is made anew', () => {
  writeFileSync(join(folder, 'machine-id'), '')
  const id = machineIdIn(folder)
  expect(readFileSync(join(folder, 'machine-id'), 'utf8')).toBe(`${id}\n`)
})

test('a file that holds anything else is refused, and kept', () => {
  writeFileSync(join(folder, 'machine-id'), 'urn:steadyhand:machine:mine\n')
  expect(() => machineIdIn(folder)).toThrow(/holds no id of a machine/)
  expect(readFileSync(join(folder, 'machine-id'), 'utf8')).toBe('urn:steadyhand:machine:mine\n')
})
