import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ran } from './console.ts'

test.for([
  ['without a command', [], 'a command is missing'],
  ['with one that is not known', ['chek'], 'there is no command chek'],
  ['with an option that is not known', ['check', '--fix'], "Unknown option '--fix'"],
  ['with two files', ['check', 'a', 'b'], 'one file is enough: b'],
  ['without an event', ['try'], 'try needs an event'],
  [
    'with a time that is none',
    ['try', 'jira/created', '--now', 'noon'],
    '--now takes a time such as 2026-11-20T03:12:07Z, not "noon"',
  ],
  ['with a time without a zone', ['try', 'jira/created', '--now', '2026-11-20T03:12:07'], '--now takes a time such as'],
] as const)('%s it says how it is used', async ([, args, message]) => {
  const { code, out, err } = await ran([...args])
  expect([code, out]).toEqual([2, ''])
  expect(err).toContain(message)
  expect(err).toContain('npm run rules -- check [file] [--strict]\n')
})

test('it says how it is used where somebody asks', async () => {
  expect(await ran(['--help'])).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringMatching(/^npm run rules -- check/),
  })
})

test('npm run rules runs it', async () => {
  const root = join(import.meta.dirname, '../../..')
  const args = ['lib/local/rules.ts', 'check', 'events/sample-rules.yml', '--strict']
  const failed = await promisify(execFile)(process.execPath, args, { cwd: root }).catch((error) => error)
  expect([failed.code, failed.stdout, failed.stderr]).toEqual([1, expect.stringContaining('1 warning\n'), ''])
})
