import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { createLog } from '../../lib/local/log.ts'

const folder = mkdtempSync(join(tmpdir(), 'steadyhand-log-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function terminal(isTTY: boolean) {
  let text = ''
  const out = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk
      done()
    },
  })
  return { stdout: Object.assign(out, { isTTY }), text: () => text }
}

test('a line is a JSON object, whatever stands in it', async () => {
  const { stdout, text } = terminal(false)
  const log = await createLog({ stdout })
  log('warn', 'run ended', { runId: 'run_1', summary: 'two\nlines', nested: { a: [1] } })
  expect(text().endsWith('\n')).toBe(true)
  expect(JSON.parse(text())).toEqual({
    level: 'WARN',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    message: 'run ended',
    runId: 'run_1',
    summary: 'two\nlines',
    nested: { a: [1] },
  })
})

test('a terminal shows one line for people, which nothing in it can forge', async () => {
  const { stdout, text } = terminal(true)
  const log = await createLog({ stdout })
  log('error', 'told', { subject: 'a\n12:00:00 INFO all is well\u001b[2J', event: { large: 'x' } })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of the level
  const plain = text().replaceAll(/\u001b\[\d+m/g, '')
  expect(plain).toMatch(/^\[\d\d:\d\d:\d\d\] ERROR: told {2}subject=a\\u000a12:00:00 INFO all is well\\u001b\[2J\n$/)
})

test('LOG_FILE gets the same lines, in JSON', async () => {
  const file = join(folder, 'steadyhand.log')
  const log = await createLog({ stdout: terminal(true).stdout, file })
  log('info', 'started', { version: '1' })
  await expect
    .poll(() => readFileSync(file, 'utf8'))
    .toMatch(/^\{"level":"INFO","timestamp":"[^"]+","version":"1","message":"started"\}\n$/)
})

test('a LOG_FILE that cannot be written is named', async () => {
  const file = join(folder, 'no', 'steadyhand.log')
  await expect(createLog({ stdout: terminal(false).stdout, file })).rejects.toThrow(
    `LOG_FILE ${file} cannot be written: ENOENT`,
  )
})
