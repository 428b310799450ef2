import { expect, test } from 'vitest'
import type { DcsQuirks } from '../../../lib/simulators/dcs/quirks.ts'
import { SEED_INSTANCES } from '../../../lib/simulators/dcs/seeds.ts'
import { batch, CATALOG, errorOf, START_MS, startDcs } from './client.ts'

const NODES = SEED_INSTANCES.find(({ id }) => id === CATALOG)?.nodes ?? []
/** The second shard's replica. */
const HEIR = NODES[3]
const FAILOVER = `/instance/${CATALOG}/groups/${HEIR?.group_id}/replications/${HEIR?.node_id}/async-switchover`

const BEFORE = ['master', 'slave', 'master', 'slave', 'master', 'slave']
const AFTER = ['master', 'slave', 'slave', 'master', 'master', 'slave']

type Started = Awaited<ReturnType<typeof startDcs>>

async function rolesOf({ ask }: Started): Promise<string[]> {
  const { body } = await ask('GET', `/instance/${CATALOG}/groups`)
  const { group_list } = body as { group_list: { replication_list: { replication_role: string }[] }[] }
  return group_list.flatMap((group) => group.replication_list.map((node) => node.replication_role))
}

test('makes the named node master of its shard at the end of the job, and leaves the other shards alone', async () => {
  const started = await startDcs()
  const { status, body } = await started.ask('POST', FAILOVER)
  const { job_id } = body as { job_id: string }
  expect([status, body]).toEqual([200, { job_id: expect.stringMatching(/^[0-9a-f]{32}$/) }])
  started.advance(6_999)
  const running = await rolesOf(started)
  started.advance(1)
  expect([running, await rolesOf(started)]).toEqual([BEFORE, AFTER])
  expect((await started.ask('GET', `/jobs/${job_id}`)).body).toEqual({
    job_id,
    job_type: 'masterStandbySwapJob',
    status: 'SUCCESS',
    begin_time: String(START_MS),
    end_time: String(START_MS + 7_000),
    fail_reason: null,
  })
})

test.for<[string, Partial<DcsQuirks>, string]>([
  ['failing', { failingJobs: 1 }, 'FAIL'],
  ['lying', { lyingJobs: 1 }, 'SUCCESS'],
])('changes no role by a %s job', async ([, quirks, expected]) => {
  const started = await startDcs({ quirks })
  const { job_id } = (await started.ask('POST', FAILOVER)).body as { job_id: string }
  started.advance(7_000)
  const { status } = (await started.ask('GET', `/jobs/${job_id}`)).body as { status: string }
  expect([status, await rolesOf(started)]).toEqual([expected, BEFORE])
})

test('refuses a second failover, and every other write, while one runs', async () => {
  const { dcs, ask } = await startDcs()
  await ask('POST', FAILOVER)
  const refusals = [
    await ask('POST', FAILOVER),
    await ask('PUT', '/instances/status', batch('flush', CATALOG)),
    await ask('PUT', `/instances/${CATALOG}/nodes/status`, { body: { action: 'start' } }),
    await ask('POST', `/instances/${CATALOG}/backups`),
  ]
  expect(refusals).toEqual(refusals.map(() => ({ status: 400, body: errorOf('DCS.4017') })))
  expect(dcs.state.works.length).toBe(1)
})

test.for<[string, string, string]>([
  ['restarting', 'restart', 'DCS.4111'],
  ['stopping', 'stop', 'DCS.4017'],
])('refuses a failover while the instance is %s', async ([, action, code]) => {
  const { dcs, ask } = await startDcs()
  await ask('PUT', '/instances/status', batch(action, CATALOG))
  expect(await ask('POST', FAILOVER)).toEqual({ status: 400, body: errorOf(code) })
  expect(dcs.state.works.length).toBe(1)
})

test('fills the replica of its own shard anew, and no other', async () => {
  const started = await startDcs({ quirks: { replicaSyncMs: 30_000 } })
  await started.ask('POST', FAILOVER)
  started.advance(7_000)
  const { group_list } = (await started.ask('GET', `/instance/${CATALOG}/groups`)).body as {
    group_list: { replication_list: { replication_role: string; status: string }[] }[]
  }
  const shown = group_list.map(({ replication_list }) => replication_list.map((one) => one.status))
  expect(shown).toEqual([
    ['Active', 'Active'],
    ['Inactive', 'Active'],
    ['Active', 'Active'],
  ])
})

test('refuses to promote a node that is stopped', async () => {
  const { dcs, ask } = await startDcs()
  for (const node of dcs.state.instances.flatMap(({ nodes }) => nodes)) {
    if (node.node_id === HEIR?.node_id) node.status = 'Inactive'
  }
  expect(await ask('POST', FAILOVER)).toEqual({ status: 400, body: errorOf('DCS.4027') })
  expect(dcs.state.works).toEqual([])
})
