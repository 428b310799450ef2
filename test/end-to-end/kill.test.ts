import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { SEED_INSTANCES } from '../../lib/simulators/dcs/seeds.ts'
import { patientFetch } from './patient-fetch.ts'

const ROOT = join(import.meta.dirname, '../..')
const dataDir = mkdtempSync(join(tmpdir(), 'steadyhand-kill-'))
const processes: ChildProcess[] = []

/** Starts it as `npm start` does. @returns where it listens */
async function start(): Promise<{ url: string; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, ['lib/standalone/main.ts'], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  processes.push(child)
  const url = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      const [, found] = /listens at (\S+);/.exec(text) ?? []
      if (found) resolve(found)
    })
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
  const kill = async (): Promise<void> => {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  return { url, kill }
}

afterAll(() => {
  for (const child of processes) child.kill('SIGKILL')
  rmSync(dataDir, { recursive: true, force: true })
})

const outcomes = (): { type: string; data: { id: string } }[] => {
  try {
    const lines = readFileSync(join(dataDir, 'outcomes.jsonl'), 'utf8').split('\n').filter(Boolean)
    return lines.map((line) => JSON.parse(JSON.parse(line).message))
  } catch {
    return []
  }
}

test('a run in flight survives SIGKILL: it ends, the cloud saw one request, the topic delivered', async () => {
  const before = await start()
  const body = JSON.stringify({ operation: 'dcs.instance.restart', target: { instanceId: SEED_INSTANCES[0]?.id } })
  const headers = { 'idempotency-key': 'one' }
  const response = await patientFetch(`${before.url}/runs`, { method: 'POST', body, headers })
  const { id } = (await response.json()) as { id: string } // our own API
  const stateOf = async (url: string): Promise<string> =>
    ((await (await patientFetch(`${url}/runs/${id}`)).json()) as { state: string }).state
  await expect.poll(() => stateOf(before.url)).toBe('tracking')
  await before.kill()

  const after = await start()
  // The queues forgot everything; only the table knows. The sweeper re-arms within 90 s.
  await expect.poll(() => stateOf(after.url), { interval: 1_000 }).toBe('succeeded')
  await expect.poll(outcomes).toMatchObject([{ type: 'steadyhand.run.succeeded', data: { id } }])
  await sleep(1_000)
  await after.kill()
  const cloud = JSON.parse(readFileSync(join(dataDir, 'clouds/dcs.json'), 'utf8'))
  expect(cloud.counts.PUT).toBe(1)
  expect(outcomes()).toHaveLength(1)
})

test('a malformed rule file says which line, and nothing is started', async () => {
  const child = spawn(process.execPath, [join(ROOT, 'lib/standalone/main.ts')], {
    cwd: join(import.meta.dirname, 'fixtures/bad-rules'),
    env: { PATH: process.env.PATH, DATA_DIR: join(dataDir, 'unused'), PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  processes.push(child)
  let text = ''
  child.stderr.on('data', (chunk) => {
    text += chunk
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  expect(code).toBe(1)
  expect(text.trim().split('\n').sort()).toEqual([
    'events/sample-rules.yml:3: rules.0.when.alarm: is missing',
    'events/sample-rules.yml:4: rules.0.when.alarms: is not a known key',
  ])
})
