import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { rulesSchema } from '../../../lib/local/rules/schema.ts'
import { ran } from './console.ts'

const EVENTS = join(import.meta.dirname, '../../../events')
const textOf = (file: string): string => readFileSync(join(EVENTS, file), 'utf8')
const ajv = new Ajv2020({ strict: false })
const isValid = ajv.compile(rulesSchema())

test('the file for editors is that of the rules: npm run rules -- schema writes it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steadyhand-schema-'))
  const file = join(folder, 's.json')
  expect(await ran(['schema', file])).toEqual({ code: 0, out: `${file} is written\n`, err: '' })
  expect(textOf('rules.schema.json')).toBe(readFileSync(file, 'utf8'))
  rmSync(folder, { recursive: true })
})

test.for(['rules.yml', 'sample-rules.yml'])('%s names the schema in its first line, and agrees with it', (file) => {
  expect(textOf(file).split('\n')[0]).toBe('# yaml-language-server: $schema=./rules.schema.json')
  expect([isValid(parse(textOf(file))), isValid.errors]).toEqual([true, null])
})

const RULE = { name: 'a', when: { alarm: 'x' }, run: 'dcs.instance.swap', target: { instanceId: { dimension: 'id' } } }

test.for([
  ['an operation', { run: 'dcs.instance.explode' }, false],
  ['a duration', { cooldown: '5s' }, false],
  ['a duration', { cooldown: '5m' }, true],
  ['a limit', { limits: ['2 an hour'] }, false],
  ['one severity', { when: { alarm: 'x', severity: 'major' } }, true],
  ['a severity', { when: { alarm: 'x', severity: ['P1'] } }, false],
  ['a key', { cooldowns: '5m' }, false],
  ['a reference at depth', { target: { services: [{ name: { dimension: 'x', in: ['a'] } }] } }, true],
] as const)('%s is checked: %j is valid: %s', ([, fields, valid]) => {
  expect(isValid({ rules: [{ ...RULE, ...fields }] })).toBe(valid)
})

/** The properties of objects without a description, but those of references and of what has one inside. */
function undescribed(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) => {
    const at = path.endsWith('.properties') && !('description' in Object(value)) && !('properties' in Object(value))
    return [...(at ? [`${path}.${key}`] : []), ...undescribed(value, `${path}.${key}`)]
  })
}

test('every field that a rule may have is described', () => {
  const { $defs: _, ...schema } = rulesSchema()
  expect(undescribed(schema)).toEqual([])
})
