import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { seededState } from '../../../../lib/standalone/clouds/dcs/seeds.ts'
import { recordRequest } from '../../../../lib/standalone/clouds/dcs/state.ts'
import { SIMULATED_CREDENTIALS } from '../../../../lib/standalone/clouds/dcs.ts'
import { batch, jobOf, LAB, nodesOf, ORDERS, SESSIONS, START_MS, startDcs } from './client.ts'

function newStateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dcs-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'dcs.json')
}

test('records every request and lets an observer count the writes', async () => {
  const { dcs, ask, send } = await startDcs()
  await ask('GET', '/instances', { query: { name: 'x' } })
  await ask('PUT', '/instances/status', batch('restart', ORDERS))
  await ask('PUT', '/instances/status', batch('restart', ORDERS))
  await send('PUT', `/instances/${LAB}/async-swap`, { sk: 'other' })
  const at = START_MS
  const path = `/v2/${dcs.credentials.projectId}/instances`
  const restart = { at, method: 'PUT', path: `${path}/status`, action: 'restart', instances: [ORDERS] }
  const writes = [
    { ...restart, status: 200 },
    { ...restart, status: 400, code: 'DCS.4111' },
    { at, method: 'PUT', path: `${path}/${LAB}/async-swap`, instances: [LAB], status: 401, code: 'APIGW.0301' },
  ]
  expect(dcs.requests).toEqual([{ at, method: 'GET', path, status: 200 }, ...writes])
  const observed = await (await fetch(`${dcs.url}/simulated/requests`)).json()
  expect(observed).toEqual({ total: 4, byMethod: { GET: 1, PUT: 3 }, writes })
})

test('goes on from the state file with jobs, backups and log, without having been closed', async () => {
  const stateFile = newStateFile()
  const first = await startDcs({ stateFile })
  const jobId = await jobOf(first, `/instances/${ORDERS}/async-swap`)
  await first.ask('POST', `/instances/${SESSIONS}/backups`)
  const requests = structuredClone(first.dcs.requests)
  const second = await startDcs({ stateFile }, START_MS + 3_000)
  const running = (await second.ask('GET', `/jobs/${jobId}`)).body as { status: string }
  expect(second.dcs.requests.slice(0, -1)).toEqual(requests)
  second.advance(3_000)
  const done = (await second.ask('GET', `/jobs/${jobId}`)).body as { status: string }
  const again = await second.ask('PUT', `/instances/${SESSIONS}/nodes/status`, { body: { action: 'stop' } })
  expect([running.status, done.status, again.status]).toEqual(['RUNNING', 'SUCCESS', 200])
  expect((await nodesOf(second, ORDERS)).flat()).toEqual(['slave', 'Active', 'master', 'Active'])
  expect(readFileSync(stateFile, 'utf8')).not.toContain(SIMULATED_CREDENTIALS.sk)
})

test('has the state on disk before it answers a write, even one that is never answered', async () => {
  const stateFile = newStateFile()
  const { send } = await startDcs({ stateFile, quirks: { resetAfter: 1 } })
  await send('PUT', `/instances/${ORDERS}/async-swap`).catch(() => undefined)
  const saved = JSON.parse(readFileSync(stateFile, 'utf8'))
  expect(saved).toMatchObject({
    works: [{ kind: 'swap', instanceId: ORDERS }],
    requests: [{ method: 'PUT', status: 0 }],
  })
})

test('does not start on a state file that is not its own', async () => {
  const stateFile = newStateFile()
  writeFileSync(stateFile, '{"instances":[]}')
  await expect(startDcs({ stateFile })).rejects.toThrow()
})

test('forgets the oldest requests and finished work beyond its bounds, and counts on', () => {
  const state = seededState([], START_MS)
  const work = { kind: 'flush' as const, instanceId: ORDERS, nodeIds: [], acceptedAt: 0, startAt: 0, endAt: 0 }
  for (let i = 0; i < 1_002; i += 1) {
    state.works.push({ ...work, id: String(i), outcome: 'success', settled: i !== 1 })
  }
  for (let at = 0; at < 5_002; at += 1) recordRequest(state, { at, method: 'GET', path: '/', status: 200 })
  expect([state.requests.length, state.requests[0]?.at, state.counts]).toEqual([5_000, 2, { GET: 5_002 }])
  expect([state.works.length, state.works[0]?.id]).toEqual([1_001, '1'])
})
