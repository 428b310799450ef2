import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { ran } from './console.ts'

const folder = mkdtempSync(join(tmpdir(), 'steadyhand-check-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fileWith = (text: string): string => {
  const file = join(folder, 'own.yml')
  writeFileSync(file, text)
  return file
}

const TARGET = 'target: { instanceId: { dimension: id } }'

test('the shipped rules are valid, and have no warning', async () => {
  expect(await ran(['check'])).toEqual({
    ...{ code: 0, err: '' },
    out: 'events/rules.yml is valid: 0 for alarms, 0 for tickets, 0 for requests, 0 for callers; no warnings\n',
  })
})

test('every error is a line, with its place', async () => {
  const file = fileWith(`rules:
  - { name: a, when: { alarm: x }, run: dcs.instance.explode, ${TARGET} }
  - name: b
    when: { alarm: x }
    cooldown: 5
    run: dcs.instance.swap
    ${TARGET}
`)
  const { code, out } = await ran(['check', file])
  expect(code).toBe(1)
  expect(out.split('\n')).toEqual([
    expect.stringContaining(`${file}:2: rule a: run: dcs.instance.explode is not known`),
    expect.stringContaining(`${file}:5: rules.1.cooldown: must be a whole number`),
    `2 errors in ${file}`,
    '',
  ])
})

const DOUBTFUL = `rules:
  - { name: all, when: { alarm: '*' }, run: dcs.instance.stop, ${TARGET} }
  - { name: one, when: { alarm: x }, run: dcs.instance.start, ${TARGET} }
`

test('warnings are lines, too, and errors where they shall be', async () => {
  const file = fileWith(DOUBTFUL)
  const { code, out } = await ran(['check', file])
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    `${file}:3: warning: rule one: is never reached: rule all fits all of it first`,
    expect.stringContaining(
      `${file}:3: warning: rule one: may loop: its dcs.instance.start undoes dcs.instance.stop of all`,
    ),
    `${file} is valid: 2 for alarms, 0 for tickets, 0 for requests, 0 for callers; 2 warnings`,
    '',
  ])
  expect((await ran(['check', file, '--strict'])).code).toBe(1)
  expect((await ran(['check', '--strict'])).code).toBe(0)
})

test('the file of RULES_FILE is checked, unless another is named', async () => {
  const file = fileWith(DOUBTFUL)
  expect((await ran(['check'], { environment: { RULES_FILE: file } })).out).toContain(`${file} is valid`)
  const named = await ran(['check', 'events/sample-rules.yml'], { environment: { RULES_FILE: file } })
  expect(named.out).toContain('events/sample-rules.yml is valid: 6 for alarms')
})

test('text of the file moves no cursor', async () => {
  const { out } = await ran(['check', fileWith('"a\\u001b[2J": 1')])
  expect(out).toContain(':1: a\\u001b[2J: is not a known key\n')
})

test('a file that is not there is an error', async () => {
  expect(await ran(['check', 'nowhere.yml'])).toEqual({
    code: 1,
    out: '',
    err: 'nowhere.yml: cannot be read: ENOENT\n',
  })
})
