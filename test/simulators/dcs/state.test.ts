import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SIMULATED_CREDENTIALS } from '../../../lib/simulators/dcs.ts'
import { newStateFile } from '../server/new-state-file.ts'
import { batch, jobOf, LAB, nodesOf, ORDERS, SESSIONS, START_MS, startDcs } from './client.ts'

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
