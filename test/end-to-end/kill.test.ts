import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { SEED_INSTANCES } from '../../lib/simulators/dcs/seeds.ts'
import { npmStart, type Started } from './npm-start.ts'
import { patientFetch } from './patient-fetch.ts'

/** One machine alone: what it has in hand is on its disk. */

const dataDir = mkdtempSync(join(tmpdir(), 'steadyhand-kill-'))
const { start, killAll } = npmStart()
afterAll(() => {
  killAll()
  rmSync(dataDir, { recursive: true, force: true })
})

const toldBy = ({ lines }: Started) => lines.filter(({ message }) => message === 'notified').map(({ event }) => event)

test('a run in flight survives SIGKILL: it ends, the cloud saw one request, people were told', async () => {
  const before = await start({ DATA_DIR: dataDir })
  const body = JSON.stringify({ operation: 'dcs.instance.restart', target: { instanceId: SEED_INSTANCES[0]?.id } })
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'one' }
  const response = await patientFetch(`${before.url}/runs`, { method: 'POST', body, headers })
  const { id } = (await response.json()) as { id: string } // our own API
  const stateOf = async (url: string): Promise<string> =>
    ((await (await patientFetch(`${url}/runs/${id}`)).json()) as { state: string }).state
  await expect.poll(() => stateOf(before.url)).toBe('tracking')
  expect(toldBy(before)).toEqual([])
  await before.kill()

  const after = await start({ DATA_DIR: dataDir })
  await expect.poll(() => stateOf(after.url), { interval: 1_000 }).toBe('succeeded')
  await expect.poll(() => toldBy(after)).toMatchObject([{ type: 'dev.steadyhand.run.succeeded', data: { id } }])
  await sleep(1_000)
  await after.kill()
  const cloud = JSON.parse(readFileSync(join(dataDir, 'clouds/dcs.json'), 'utf8'))
  expect(cloud.counts.PUT).toBe(1)
  expect(toldBy(after)).toHaveLength(1)
})

test('a malformed rule file says which line, and nothing is started', async () => {
  const badRules = join(import.meta.dirname, '../local/bad-rules')
  const { child, text } = await start({ DATA_DIR: join(dataDir, 'unused') }, badRules)
  expect(child.exitCode).toBe(1)
  expect(text().trim().split('\n').sort()).toEqual([
    'events/sample-rules.yml:3: rules.0.when.alarm: is missing',
    'events/sample-rules.yml:4: rules.0.when.alarms: is not a known key',
  ])
})
