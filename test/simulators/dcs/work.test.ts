import { expect, test } from 'vitest'
import { SEED_INSTANCES } from '../../../lib/simulators/dcs/seeds.ts'
import { batch, jobOf, LAB, nodesOf, ORDERS, SESSIONS, type Sent, START_MS, startDcs } from './client.ts'

const NOBODY = '11111111-2222-3333-4444-555555555555'

const [MASTER, REPLICA] = SEED_INSTANCES[0]?.nodes ?? []

async function observe({ ask }: Awaited<ReturnType<typeof startDcs>>, id: string): Promise<[string, string | null]> {
  const { status, task } = (await ask('GET', `/instances/${id}`)).body as { status: string; task: string | null }
  return [status, task]
}

test.for<[string, string, Sent, string[]]>([
  ['one node by node_id', ORDERS, { body: { action: 'stop', node_ids: [REPLICA?.node_id] } }, ['Active', 'Inactive']],
  [
    'one by logical_node_id',
    ORDERS,
    { body: { action: 'stop', node_ids: [MASTER?.logical_node_id] } },
    ['Inactive', 'Active'],
  ],
  ['all nodes', ORDERS, { body: { action: 'stop' } }, ['Inactive', 'Inactive']],
  ['a single node without a backup', LAB, { body: { action: 'stop' } }, ['Inactive']],
])('stops and starts %s by a job', async ([, id, sent, statuses]) => {
  const started = await startDcs()
  const stopping = await jobOf(started, `/instances/${id}/nodes/status`, sent)
  started.advance(5_999)
  const before = (await nodesOf(started, id)).map((node) => node[1])
  started.advance(1)
  const after = (await nodesOf(started, id)).map((node) => node[1])
  expect([before, after]).toEqual([statuses.map(() => 'Active'), statuses])
  const job = await started.ask('GET', `/jobs/${stopping}`)
  expect(job.body).toEqual({
    job_id: stopping,
    job_type: 'stopDCSNode',
    status: 'SUCCESS',
    begin_time: String(START_MS),
    end_time: String(START_MS + 6_000),
    fail_reason: null,
  })
  await jobOf(started, `/instances/${id}/nodes/status`, { body: { action: 'start' } })
  started.advance(6_000)
  expect((await nodesOf(started, id)).map((node) => node[1])).toEqual(statuses.map(() => 'Active'))
})

test('lets a job pass through INIT and RUNNING and swaps the roles at its end', async () => {
  const started = await startDcs({ workMs: { swap: 1_000, lag: 100 } })
  const jobId = await jobOf(started, `/instances/${ORDERS}/async-swap`)
  const observed: unknown[] = []
  for (const step of [0, 100, 100, 899, 1]) {
    started.advance(step)
    const { status, end_time } = (await started.ask('GET', `/jobs/${jobId}`)).body as Record<string, unknown>
    observed.push([status, end_time, ...(await observe(started, ORDERS)), (await nodesOf(started, ORDERS)).flat()[0]])
  }
  expect(observed).toEqual([
    ['INIT', null, 'RUNNING', null, 'master'],
    ['INIT', null, 'RUNNING', 'SWAPPING', 'master'],
    ['RUNNING', null, 'RUNNING', 'SWAPPING', 'master'],
    ['RUNNING', null, 'RUNNING', 'SWAPPING', 'master'],
    ['SUCCESS', String(START_MS + 1_100), 'RUNNING', null, 'slave'],
  ])
})

test.for<[string, string, number, string, string]>([
  ['restart', 'RUNNING', 6_000, 'RESTARTING', 'RUNNING'],
  ['restart', 'ERROR', 6_000, 'RESTARTING', 'RUNNING'],
  ['soft_restart', 'RUNNING', 4_000, 'RESTARTING', 'RUNNING'],
  ['flush', 'RUNNING', 3_000, 'FLUSHING', 'RUNNING'],
  ['stop', 'RUNNING', 5_000, 'CLOSING', 'CLOSED'],
  ['start', 'CLOSED', 5_000, 'STARTING', 'RUNNING'],
])('carries out %s from %s in %i ms', async ([action, from, ms, meanwhile, after]) => {
  const started = await startDcs()
  for (const instance of started.dcs.state.instances) instance.status = from
  const answer = await started.ask('PUT', '/instances/status', batch(action, ORDERS))
  expect(answer).toEqual({ status: 200, body: { results: [{ instance: ORDERS, result: 'success' }] } })
  const first = await observe(started, ORDERS)
  started.advance(ms - 1)
  const last = await observe(started, ORDERS)
  started.advance(1)
  expect([first, last, await observe(started, ORDERS)]).toEqual([
    [meanwhile, meanwhile],
    [meanwhile, meanwhile],
    [after, null],
  ])
})

test('stops every node with its instance, and a restart switches master and standby', async () => {
  const started = await startDcs()
  await jobOf(started, '/instances/status', batch('stop', ORDERS, LAB))
  await jobOf(started, '/instances/status', batch('restart', SESSIONS))
  started.advance(6_000)
  expect([await nodesOf(started, ORDERS), await nodesOf(started, LAB), await nodesOf(started, SESSIONS)]).toEqual([
    [
      ['master', 'Inactive'],
      ['slave', 'Inactive'],
    ],
    [['master', 'Inactive']],
    [
      ['slave', 'Active'],
      ['master', 'Active'],
    ],
  ])
})

test('tells each of several instances apart, without a reason', async () => {
  const { ask } = await startDcs()
  await ask('PUT', '/instances/status', batch('restart', SESSIONS))
  const answer = await ask('PUT', '/instances/status', batch('restart', ORDERS, SESSIONS, NOBODY, 'x', ORDERS))
  expect(answer).toEqual({
    status: 200,
    body: {
      results: [ORDERS, SESSIONS, NOBODY, 'x', ORDERS].map((instance, i) => ({
        instance,
        result: i === 0 ? 'success' : 'failed',
      })),
    },
  })
})

test('makes a backup that allows the node stop for a day', async () => {
  const { ask, advance } = await startDcs()
  const { backup_id } = (await ask('POST', `/instances/${SESSIONS}/backups`, { body: { remark: 'before' } })).body as {
    backup_id: string
  }
  const newest = async () =>
    ((await ask('GET', `/instances/${SESSIONS}/backups`)).body as { backup_record_response: Record<string, unknown>[] })
      .backup_record_response[0]
  const observed = []
  for (const step of [0, 400, 3_600]) {
    advance(step)
    const record = await newest()
    observed.push([record?.backup_id, record?.status, record?.updated_at, record?.error_code])
  }
  const done = new Date(START_MS + 4_000).toISOString()
  expect(observed).toEqual([
    [backup_id, 'waiting', new Date(START_MS).toISOString(), {}],
    [backup_id, 'backuping', new Date(START_MS).toISOString(), {}],
    [backup_id, 'succeed', done, {}],
  ])
  const stop = async () =>
    (await ask('PUT', `/instances/${SESSIONS}/nodes/status`, { body: { action: 'stop' } })).status
  advance(24 * 3_600_000 - 1)
  const within = await stop()
  advance(6_000)
  expect([within, await stop()]).toEqual([200, 405])
})
