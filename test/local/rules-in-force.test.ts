import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { movedToNow } from '../../lib/local/send/now.ts'
import { patientFetch } from '../end-to-end/patient-fetch.ts'

const ROOT = join(import.meta.dirname, '../..')
/** A project folder of its own, whose rules can be edited. */
const root = mkdtempSync(join(tmpdir(), 'steadyhand-rules-'))
let child: ChildProcess | undefined
afterAll(() => {
  child?.kill('SIGKILL')
  rmSync(root, { recursive: true, force: true })
})

test('rules that are edited while it runs take part from the next start', async () => {
  for (const part of ['dist', '.serverless', 'node_modules']) symlinkSync(join(ROOT, part), join(root, part))
  cpSync(join(ROOT, 'events'), join(root, 'events'), { recursive: true })
  const url = await start()
  // Before any function has been started: the first alarm starts one.
  writeFileSync(join(root, 'events/sample-rules.yml'), 'rules: [')
  const sample = readFileSync(join(ROOT, 'events/cloudwatch/redis-unresponsive.json'), 'utf8')
  const { status } = await patientFetch(`${url}/events`, { method: 'POST', body: movedToNow(sample, Date.now()).text })
  expect(status).toBe(202)
  const { runs } = (await (await patientFetch(`${url}/runs`)).json()) as { runs: { source: { rule: string } }[] } // our own API
  expect(runs.map(({ source }) => source.rule)).toEqual(['restart-unresponsive-redis'])
})

/** @returns where it listens */
function start(): Promise<string> {
  const started = spawn(process.execPath, [join(ROOT, 'lib/standalone/main.ts')], {
    cwd: root,
    env: { PATH: process.env.PATH, DATA_DIR: 'data', PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child = started
  return new Promise((resolve, reject) => {
    let text = ''
    started.stdout.on('data', (chunk) => {
      text += chunk
      const [, found] = /listens at (\S+);/.exec(text) ?? []
      if (found) resolve(found)
    })
    started.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
}
