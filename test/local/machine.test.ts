import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type Machine, type MachineOptions, startMachine } from '../../lib/local/machine.ts'
import { movedToNow } from '../../lib/local/send/shift-times.ts'
import { timeAt } from '../../lib/local/time.ts'
import type { CloudEvent } from '../../lib/notify/cloud-event.ts'
import { SEED_INSTANCES } from '../../lib/simulators/dcs/seeds.ts'

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'steadyhand-machine-'))
const machines: Machine[] = []
afterEach(async () => {
  for (const machine of machines.splice(0)) await machine.close(0)
  rmSync(folder, { recursive: true, force: true })
})

async function start(options: Partial<MachineOptions> = {}): Promise<Machine> {
  const dataDir = join(folder, 'data')
  const machine = await startMachine({ root: ROOT, dataDir, port: 0, environment: {}, log: () => {}, ...options })
  machines.push(machine)
  return machine
}

const restart = { operation: 'dcs.instance.restart', target: { instanceId: SEED_INSTANCES[0]?.id } }
const ask = (machine: Machine, headers: Record<string, string> = {}) =>
  fetch(`${machine.url}/runs`, {
    method: 'POST',
    body: JSON.stringify(restart),
    headers: { 'content-type': 'application/json', ...headers },
  })
const runOf = async (response: Response) => (await response.json()) as { id: string; state: string; step: number } // our own API

const writesOf = ({ simulatedDcs }: Machine) => simulatedDcs?.requests.filter(({ method }) => method !== 'GET') ?? []

/** The files in a folder, with their times of change and sizes. */
const filesIn = (path: string): unknown[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => [name, statSync(join(path, name)).mtimeMs, statSync(join(path, name)).size])

describe('a start that is refused', () => {
  test('of a second process on the same folder changes nothing there, and the first one goes on', async () => {
    const first = await start()
    const before = filesIn(join(folder, 'data'))
    await expect(start({ environment: { WEBHOOK_GENERIC_SECRETS: 'whsec_other' } })).rejects.toMatchObject({
      kind: 'in-use',
    })
    expect(filesIn(join(folder, 'data'))).toEqual(before)
    expect((await ask(first)).status).toBe(202)
  })

  test('on data of release 0.4 says what to do, and changes nothing', async () => {
    mkdirSync(join(folder, 'data/tables'), { recursive: true })
    const before = filesIn(folder)
    await expect(start()).rejects.toThrow(/holds the runs of release 0\.4 or older.*set DATA_DIR to a new folder/)
    expect(filesIn(folder)).toEqual(before)
  })

  test.for<[string, Partial<MachineOptions>, RegExp]>([
    ['half an account', { environment: { HUAWEICLOUD_SDK_AK: 'x' } }, /missing: HUAWEICLOUD_SDK_SK/],
    ['rules that are not there', { environment: { RULES_FILE: 'none.yml' } }, /none\.yml: the rules cannot be read/],
    ['an address that is open to all', { host: '0.0.0.0' }, /no API_TOKEN is set/],
    ['a token that can be guessed', { apiToken: 'short' }, /API_TOKEN must have 32/],
  ])('for %s leaves no folder behind', async ([, options, message]) => {
    await expect(start(options)).rejects.toThrow(message)
    expect(existsSync(join(folder, 'data'))).toBe(false)
  })

  test('for a port that is taken gives the folder back', async () => {
    const first = await start({ dataDir: join(folder, 'other') })
    const port = Number(new URL(first.url).port)
    await expect(start({ port })).rejects.toThrow('EADDRINUSE')
    await start()
  })
})

describe('a stop', () => {
  test('answers who waits for a run with what is known: accepted', async () => {
    const machine = await start()
    const waiting = ask(machine, { prefer: 'wait=25' })
    await expect.poll(() => writesOf(machine).length).toBe(1)
    const closing = machine.close()
    const response = await waiting
    expect([response.status, (await runOf(response)).state]).toEqual([
      202,
      expect.stringMatching(/submitting|tracking/),
    ])
    await closing
  })
})

test('what a process had in hand is begun again at once by the next one, and the cloud is asked once', async () => {
  const first = await start()
  if (first.simulatedDcs) Object.assign(first.simulatedDcs.quirks, { hangAfter: 1 })
  const { id } = await runOf(await ask(first))
  await expect.poll(() => writesOf(first).length).toBe(1)
  // It waits for an answer that never comes.
  await first.close(0)
  const next = await start()
  const begunAtMs = Date.now()
  await expect.poll(async () => (await runOf(await fetch(`${next.url}/runs/${id}`))).state).toBe('tracking')
  // Its message would be visible again after 180 s.
  expect(Date.now() - begunAtMs).toBeLessThan(60_000)
  expect(writesOf(next)).toHaveLength(1)
})

test('the end of a run is kept with what people are told, and told once', async () => {
  const notified: CloudEvent[] = []
  const machine = await start({ time: timeAt(20), onNotified: (event) => notified.push(event) })
  const { id } = await runOf(await ask(machine))
  await expect
    .poll(() => notified)
    .toMatchObject([{ id: `${id}/succeeded`, type: 'dev.steadyhand.run.succeeded', data: { id } }])
  expect(machine.outcomes()).toEqual(notified)
  await sleep(100)
  expect(notified).toHaveLength(1)
})

test('while a machine is idle, its database is left alone', async () => {
  const machine = await start()
  await sleep(300)
  const before = filesIn(join(folder, 'data'))
  await sleep(500)
  expect(filesIn(join(folder, 'data'))).toEqual(before)
  expect((await fetch(`${machine.url}/health`)).status).toBe(200)
})

test('rules that are edited while it runs take part from the next start', async () => {
  cpSync(join(ROOT, 'events'), join(folder, 'events'), { recursive: true })
  const machine = await start({ root: folder })
  writeFileSync(join(folder, 'events/sample-rules.yml'), 'rules: [')
  const sample = readFileSync(join(ROOT, 'events/cloudwatch/redis-unresponsive.json'), 'utf8')
  const response = await fetch(`${machine.url}/events`, {
    method: 'POST',
    body: movedToNow(sample, Date.now()).text,
    headers: { 'content-type': 'application/json' },
  })
  expect([response.status, await response.json()]).toMatchObject([
    202,
    { matched: 1, results: [{ rule: 'restart-unresponsive-redis' }] },
  ])
  await expect(start({ root: folder, dataDir: join(folder, 'other') })).rejects.toThrow('events/sample-rules.yml:1')
})
