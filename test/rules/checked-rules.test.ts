import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkedRulesText, readCheckedRules } from '../../lib/rules/checked-rules.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'

const SAMPLES = join(import.meta.dirname, '../../events/sample-rules.yml')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steadyhand-rules-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('checked rules are read as they were checked', () => {
  const rules = parseRules(readFileSync(SAMPLES, 'utf8'), SAMPLES)
  const file = join(folder, 'rules.json')
  writeFileSync(file, checkedRulesText(rules))
  expect(readCheckedRules(file)).toStrictEqual(rules)
  expect(rules.rules.length).toBeGreaterThan(0)
})

test.for([
  ['YAML', 'rules: []'],
  ['JSON that nobody has checked', '{"rules":[]}'],
  ['null', 'null'],
  ['nothing', ''],
])('a function does not start with %s', ([, text = '']) => {
  const file = join(folder, 'other.json')
  writeFileSync(file, text)
  expect(() => readCheckedRules(file)).toThrow(`${file}: are not rules that \`npm run package\` has checked`)
})
