import { afterAll, beforeAll, describe, test } from 'vitest'
import { seedInstance } from '../../lib/simulators/dcs/seeds.ts'
import { HOMES } from './homes.ts'
import { instance, startTestMachine, type TestMachine } from './test-machine.ts'

/** dcs.shard.failover through HTTP, with DCS on a socket. */

const clustered = (number: number) =>
  seedInstance({
    id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    name: `shards-${number}`,
    mode: 'cluster',
    shards: 3,
    backupAgesHours: [],
  })
const [catalog, first, second, pair] = [clustered(1), clustered(2), clustered(3), instance(4)]

describe.for(HOMES)('on $name:', (home) => {
  let on: TestMachine
  beforeAll(async () => {
    on = await startTestMachine(home, {
      dcs: { workMs: { switchover: 1_000 }, instances: [catalog, first, second, pair] },
    })
  })
  afterAll(() => on.dispose())

  /** The replica of a shard, as a target names it. */
  const replica = (seed: typeof catalog, shard: number) => {
    const heir = seed.nodes.filter(({ role }) => role === 'slave')[shard]
    return { instanceId: seed.id, groupId: heir?.group_id, nodeId: heir?.node_id }
  }
  const rolesOf = (seed: typeof catalog) =>
    on.machine.simulatedDcs.state.instances
      .find(({ instance_id }) => instance_id === seed.id)
      ?.nodes.map(({ role }) => role)
  const asked = (seed: typeof catalog) => on.writes().filter(({ path }) => path.includes(seed.id))

  describe.concurrent('dcs.shard.failover', () => {
    test('makes the replica master of its shard, with one request, and is told once', async ({ expect }) => {
      const target = replica(catalog, 1)
      const id = await on.ask('dcs.shard.failover', target)
      expect(await on.end(id)).toMatchObject({
        state: 'succeeded',
        jobId: expect.stringMatching(/^[0-9a-f]{32}$/),
        evidence: { observedCounts: { SUCCESS: 1, 'master AS ASKED': 2 } },
      })
      expect(rolesOf(catalog)).toEqual(['master', 'slave', 'slave', 'master', 'master', 'slave'])
      expect(asked(catalog).map(({ path }) => path.replace(/^\/v2\/[^/]+/, ''))).toEqual([
        `/instance/${catalog.id}/groups/${target.groupId}/replications/${target.nodeId}/async-switchover`,
      ])
      await expect
        .poll(() => on.toldOf(id))
        .toMatchObject([{ id: `${id}/succeeded`, type: 'dev.steadyhand.run.succeeded' }])
    })

    test.for([
      ['a node that is master already', first, 0, { code: 'DCS.4855' }, 1],
      ['a node of another shard', second, 3, { kind: 'precondition' }, 0],
      ['an instance that is no cluster', pair, 1, { code: 'DCS.4855' }, 1],
    ] as const)('of %s fails: nothing was done', async ([, seed, node, error, requests], { expect }) => {
      const target = { ...replica(seed, 0), nodeId: seed.nodes[node]?.node_id }
      const before = rolesOf(seed)
      const ended = await on.end(await on.ask('dcs.shard.failover', target))
      expect(ended).toMatchObject({
        state: 'failed',
        outcome: { summary: expect.stringMatching(/^nothing was done: /), error },
      })
      expect(rolesOf(seed)).toEqual(before)
      expect(asked(seed)).toHaveLength(requests)
    })
  })
})
