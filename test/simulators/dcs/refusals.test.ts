import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { SEED_INSTANCES } from '../../../lib/simulators/dcs/seeds.ts'
import { batch, CATALOG, errorOf, LAB, ORDERS, SESSIONS, type Sent, startDcs } from './client.ts'

const NOBODY = '11111111-2222-3333-4444-555555555555'

/** The path of a failover to a node of a seed's first shard. */
function failover(id: string, shard: number, node: number): string {
  const nodes = SEED_INSTANCES.find((seed) => seed.id === id)?.nodes ?? []
  const group = nodes[shard * 2]?.group_id
  return `/instance/${id}/groups/${group}/replications/${nodes[node]?.node_id}/async-switchover`
}

test.for<[string, string, string, Sent, number, string]>([
  ['an unknown path', 'GET', '/nothing', {}, 404, 'APIGW.0101'],
  ['another version', 'GET', '/v1.0/x/instances', {}, 404, 'APIGW.0101'],
  ['another project', 'GET', `/v2/${'1'.repeat(32)}/tasks`, {}, 400, 'DCS.4002'],
  ['a wrong method', 'GET', `/instances/${ORDERS}/async-swap`, {}, 405, 'DCS.5001'],
  ['an unknown instance', 'GET', `/instances/${NOBODY}`, {}, 404, 'DCS.3022'],
  ['a malformed instance id', 'GET', '/instances/orders', {}, 400, 'DCS.4061'],
  ['an unknown job', 'GET', `/jobs/${'a'.repeat(32)}`, {}, 400, 'DCS.4070'],
  ['groups of a single node', 'GET', `/instance/${LAB}/groups`, {}, 400, 'DCS.4027'],
  ['a page of none', 'GET', '/instances', { query: { limit: '0' } }, 400, 'DCS.4062'],
  ['a page of too many', 'GET', '/tasks', { query: { limit: '1001' } }, 400, 'DCS.4062'],
  ['no body for nodes', 'PUT', `/instances/${ORDERS}/nodes/status`, {}, 400, 'DCS.4004'],
  ['no body for instances', 'PUT', '/instances/status', {}, 400, 'DCS.4004'],
  ['a body that is no object', 'PUT', '/instances/status', { body: [1] }, 400, 'DCS.4005'],
  [
    'an unknown field',
    'PUT',
    '/instances/status',
    { body: { instances: [ORDERS], action: 'flush', x: 1 } },
    400,
    'DCS.4005',
  ],
  [
    'an unknown node action',
    'PUT',
    `/instances/${ORDERS}/nodes/status`,
    { body: { action: 'restart' } },
    400,
    'DCS.4064',
  ],
  [
    'an unknown node',
    'PUT',
    `/instances/${ORDERS}/nodes/status`,
    { body: { action: 'start', node_ids: ['x'] } },
    400,
    'DCS.3053',
  ],
  [
    'no node at all',
    'PUT',
    `/instances/${ORDERS}/nodes/status`,
    { body: { action: 'start', node_ids: [] } },
    400,
    'DCS.3053',
  ],
  [
    'a stop on an old backup',
    'PUT',
    `/instances/${SESSIONS}/nodes/status`,
    { body: { action: 'stop' } },
    405,
    'DCS.2001',
  ],
  ['a swap of a single node', 'PUT', `/instances/${LAB}/async-swap`, {}, 400, 'DCS.4855'],
  ['a swap of a cluster', 'PUT', `/instances/${CATALOG}/async-swap`, {}, 400, 'DCS.4855'],
  ['a shard failover of master and standby', 'POST', failover(ORDERS, 0, 1), {}, 400, 'DCS.4855'],
  ['a shard failover of a single node', 'POST', failover(LAB, 0, 0), {}, 400, 'DCS.4855'],
  ['a shard failover to the master', 'POST', failover(CATALOG, 0, 0), {}, 400, 'DCS.4855'],
  ['a shard failover to a node of another shard', 'POST', failover(CATALOG, 1, 1), {}, 400, 'DCS.3053'],
  ['a time that is none', 'GET', '/tasks', { query: { start_time: '2025-01-02T03:04:05Z' } }, 400, 'DCS.4062'],
  [
    'a time of other length',
    'GET',
    `/instances/${ORDERS}/backups`,
    { query: { end_time: '1735787045000' } },
    400,
    'DCS.4062',
  ],
  ['a page of no backups', 'GET', `/instances/${ORDERS}/backups`, { query: { limit: '0' } }, 400, 'DCS.4062'],
  ['no instances', 'PUT', '/instances/status', { body: { action: 'flush' } }, 400, 'DCS.4065'],
  ['empty instances', 'PUT', '/instances/status', batch('flush'), 400, 'DCS.4065'],
  ['51 instances', 'PUT', '/instances/status', batch('flush', ...Array(51).fill(ORDERS)), 400, 'DCS.4100'],
  ['an unknown batch action', 'PUT', '/instances/status', batch('swap', ORDERS), 400, 'DCS.4064'],
  ['one unknown instance', 'PUT', '/instances/status', batch('flush', NOBODY), 404, 'DCS.3022'],
  ['a start of what runs', 'PUT', '/instances/status', batch('start', ORDERS), 400, 'DCS.4026'],
  ['a backup of a single node', 'POST', `/instances/${LAB}/backups`, {}, 400, 'DCS.4095'],
  ['a long remark', 'POST', `/instances/${ORDERS}/backups`, { body: { remark: 'x'.repeat(129) } }, 400, 'DCS.4098'],
  [
    'an unknown backup format',
    'POST',
    `/instances/${ORDERS}/backups`,
    { body: { backup_format: 'zip' } },
    400,
    'DCS.4062',
  ],
])('refuses %s', async ([, method, path, sent, status, code]) => {
  const { dcs, ask } = await startDcs()
  expect(await ask(method, path, sent)).toEqual({ status, body: errorOf(code) })
  expect(dcs.state.works).toEqual([])
})

test('refuses a body that is not JSON', async () => {
  const { dcs, ask } = await startDcs()
  const raw = Buffer.from('action=restart')
  const sent = { sentBody: raw, headers: { 'X-Sdk-Content-Sha256': createHash('sha256').update(raw).digest('hex') } }
  expect(await ask('PUT', '/instances/status', sent)).toEqual({ status: 400, body: errorOf('DCS.4005') })
  expect(dcs.state.works).toEqual([])
})

test('refuses a body over 12 MB as the gateway does', async () => {
  const { dcs, ask } = await startDcs()
  const sent = { sentBody: Buffer.alloc(12 * 1024 * 1024 + 1) }
  expect(await ask('PUT', '/instances/status', sent)).toMatchObject({ status: 413, body: { error_code: 'APIGW.0201' } })
  expect(dcs.requests).toMatchObject([{ method: 'PUT', status: 413, code: 'APIGW.0201' }])
})

test('refuses a node stop in the documented words', async () => {
  const { ask } = await startDcs()
  expect((await ask('PUT', `/instances/${SESSIONS}/nodes/status`, { body: { action: 'stop' } })).body).toEqual({
    error_code: 'DCS.2001',
    error_msg: 'the latest backup records over 24h old, need to create new backup file.',
    error_ext_msg: null,
  })
})

test('refuses a swap where no replica may be promoted', async () => {
  const { dcs, ask } = await startDcs()
  for (const node of dcs.state.instances[0]?.nodes ?? []) node.priority_weight = 0
  expect(await ask('PUT', `/instances/${ORDERS}/async-swap`)).toEqual({ status: 400, body: errorOf('DCS.4253') })
})

test.for<[string, string, string, Sent, string]>([
  ['restarting', 'PUT', '/instances/status', batch('restart', ORDERS), 'DCS.4111'],
  ['restarting softly', 'PUT', '/instances/status', batch('soft_restart', ORDERS), 'DCS.4111'],
  ['flushing', 'PUT', '/instances/status', batch('flush', ORDERS), 'DCS.4017'],
  ['stopping', 'PUT', '/instances/status', batch('stop', ORDERS), 'DCS.4017'],
  ['being backed up', 'POST', `/instances/${ORDERS}/backups`, {}, 'DCS.4096'],
  ['swapping', 'PUT', `/instances/${ORDERS}/async-swap`, {}, 'DCS.4017'],
  ['starting nodes', 'PUT', `/instances/${ORDERS}/nodes/status`, { body: { action: 'start' } }, 'DCS.4017'],
])('refuses every write while an instance is %s', async ([, method, path, sent, code]) => {
  const { dcs, ask, advance } = await startDcs({ workMs: { lag: 500 } })
  await ask(method, path, sent)
  const refusals = [
    await ask('PUT', '/instances/status', batch('flush', ORDERS)),
    await ask('PUT', `/instances/${ORDERS}/async-swap`),
    await ask('PUT', `/instances/${ORDERS}/nodes/status`, { body: { action: 'stop' } }),
    await ask('POST', `/instances/${ORDERS}/backups`),
  ]
  expect(refusals).toEqual(refusals.map(() => ({ status: 400, body: errorOf(code) })))
  expect(dcs.state.works.length).toBe(1)
  advance(10_000)
  expect([(await ask('PUT', '/instances/status', batch('flush', SESSIONS))).status, dcs.state.works.length]).toEqual([
    200, 2,
  ])
})

test('refuses writes to a stopped instance by its state', async () => {
  const { ask, advance } = await startDcs()
  await ask('PUT', '/instances/status', batch('stop', ORDERS))
  advance(5_000)
  const refusals = [
    await ask('PUT', '/instances/status', batch('restart', ORDERS)),
    await ask('PUT', `/instances/${ORDERS}/async-swap`),
    await ask('PUT', `/instances/${ORDERS}/nodes/status`, { body: { action: 'stop' } }),
    await ask('POST', `/instances/${ORDERS}/backups`),
  ]
  expect(refusals).toEqual(refusals.map(() => ({ status: 400, body: errorOf('DCS.4026') })))
})
