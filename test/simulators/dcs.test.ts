import { expect, test } from 'vitest'
import { batch, CATALOG, LAB, ORDERS, SESSIONS, startDcs } from './dcs/client.ts'

const REQUEST_ID = expect.stringMatching(/^[0-9a-f]{32}$/)

test('gives every answer a request id', async () => {
  const { dcs, send } = await startDcs()
  const ids = [await send('GET', '/tasks'), await send('GET', '/nothing'), await fetch(`${dcs.url}/simulated/requests`)]
  expect(ids.map((response) => response.headers.get('x-request-id'))).toEqual([REQUEST_ID, REQUEST_ID, REQUEST_ID])
})

test('answers 204 without a body where there is no backup', async () => {
  const { ask } = await startDcs()
  const window = { begin_time: '20250101000000', end_time: '20250102030405' }
  expect([
    await ask('GET', `/instances/${LAB}/backups`),
    await ask('GET', `/instances/${SESSIONS}/backups`, { query: window }),
    ((await ask('GET', `/instances/${ORDERS}/backups`, { query: window })).body as { total_num: number }).total_num,
  ]).toEqual([{ status: 204, body: undefined }, { status: 204, body: undefined }, 1])
})

test.for<[string, Record<string, string>, number, string[]]>([
  ['all', {}, 4, ['orders-cache', 'accounts-cache', 'catalog-cache', 'lab-cache']],
  ['a page', { offset: '1', limit: '2' }, 4, ['accounts-cache', 'catalog-cache']],
  ['by status', { status: 'RESTARTING' }, 1, ['lab-cache']],
  ['by id', { instance_id: CATALOG }, 1, ['catalog-cache']],
  ['by part of the name', { name: 's-c' }, 2, ['orders-cache', 'accounts-cache']],
])('lists instances: %s', async ([, query, total, names]) => {
  const { ask } = await startDcs()
  await ask('PUT', '/instances/status', batch('restart', LAB))
  const { body } = await ask('GET', '/instances', { query })
  const { instance_num, instances } = body as { instance_num: number; instances: { name: string }[] }
  expect([instance_num, instances.map(({ name }) => name)]).toEqual([total, names])
})

test('shows nodes and shards with the same ids', async () => {
  const { ask } = await startDcs()
  const nodes = (await ask('GET', `/instances/${CATALOG}/logical-nodes`)).body as {
    total: number
    nodes: { node_id: string }[]
  }
  const groups = (await ask('GET', `/instance/${CATALOG}/groups`)).body as {
    group_count: number
    group_list: { replication_list: { node_id: string; replication_role: string }[] }[]
  }
  const replicas = groups.group_list.flatMap((group) => group.replication_list)
  expect([nodes.total, groups.group_count]).toEqual([6, 3])
  expect(replicas.map(({ node_id }) => node_id)).toEqual(nodes.nodes.map(({ node_id }) => node_id))
  expect(replicas.map((one) => one.replication_role)).toEqual(['master', 'slave', 'master', 'slave', 'master', 'slave'])
})
