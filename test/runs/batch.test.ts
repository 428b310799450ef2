import { beforeEach, describe, expect, test } from 'vitest'
import { isFinal } from '../../lib/runs/states.ts'
import { Crash, createWorld, type World } from '../world/world.ts'

const MINUTE = 60_000
const instances = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `2e803f66-fbb0-47ad-b6cb-${String(index).padStart(12, '0')}`)

let world: World

beforeEach(() => {
  world = createWorld()
})

const calls = (operation = 'dcs.instance.restart') => world.cloud.calls.get(operation) ?? 0
const states = () => [...world.runs.values()].map(({ state }) => state)

describe('one request for many targets', () => {
  test.for([
    [3, 1],
    [50, 1],
    [51, 2],
    [100, 2],
  ] as const)('is a run each for %i, in %i calls of the provider', async ([count, sent]) => {
    const runs = await world.acceptMany(instances(count))
    expect(new Set(runs.map(({ batchId }) => batchId)).size).toBe(1)
    expect(runs.map(({ target }) => target.instanceId)).toEqual(instances(count))
    await world.pass(10 * MINUTE)
    expect(states()).toEqual(Array(count).fill('succeeded'))
    expect(world.cloud.writes.map(({ instanceId }) => instanceId).sort()).toEqual(instances(count))
    expect(calls()).toBe(sent)
    expect(new Set(world.published.map(({ id }) => id)).size).toBe(count)
    expect(world.withoutLease).toEqual([])
  })

  test('is a call each where the provider takes one at a time', async () => {
    await world.acceptMany(instances(3), { operation: 'dcs.instance.swap' })
    await world.pass(10 * MINUTE)
    expect(states()).toEqual(['succeeded', 'succeeded', 'succeeded'])
    expect(calls('dcs.instance.swap')).toBe(3)
  })

  test('asked twice under one key is the same runs', async () => {
    const runs = await world.acceptMany(instances(3))
    const again = await world.acceptMany(instances(3))
    expect(again.map(({ id }) => id)).toEqual(runs.map(({ id }) => id))
    await world.pass(10 * MINUTE)
    expect(world.cloud.writes).toHaveLength(3)
  })

  test.for([
    ['other targets', () => world.acceptMany(instances(4))],
    ['fewer', () => world.acceptMany(instances(2))],
    ['another order', () => world.acceptMany(instances(3).reverse())],
    ['one target', () => world.accept({ target: { instanceId: instances(1)[0] } })],
  ] as const)('under a key that was used for %s is a mistake', async ([, other]) => {
    await world.acceptMany(instances(3))
    const before = world.runs.size
    await expect(other()).rejects.toMatchObject({ name: 'KeyReusedError' })
    expect(world.runs.size).toBe(before)
  })

  test.for([
    [[], [{ field: 'targets', message: 'must be 1 to 100' }]],
    [instances(101), [{ field: 'targets', message: 'must be 1 to 100' }]],
    [
      ['2E803f66-fbb0-47ad-b6cb-000000000000', ...instances(2)],
      [{ field: 'targets.1', message: 'is the same resource as targets.0' }],
    ],
    [[instances(1)[0] ?? '', 'x'], [{ field: 'targets.1.instanceId', message: expect.stringContaining('UUID') }]],
  ] as const)('that is wrong is refused, and nothing is stored: %#', async ([ids, issues]) => {
    await expect(world.acceptMany([...ids])).rejects.toMatchObject({ name: 'RequestError', issues })
    expect(world.runs.size).toBe(0)
    expect(world.leases.size).toBe(0)
  })

  test('leaves alone the one that another run has', async () => {
    const [, second = ''] = instances(3)
    await world.accept({ operation: 'dcs.instance.flush', idempotencyKey: 'other', target: { instanceId: second } })
    const runs = await world.acceptMany(instances(3))
    expect(runs.map(({ state }) => state)).toEqual(['queued', 'refused', 'queued'])
    await world.pass(10 * MINUTE)
    expect(runs.map(({ id }) => world.get(id).state)).toEqual(['succeeded', 'refused', 'succeeded'])
  })

  test('asks again alone for the one that is busy', async () => {
    const [, second = ''] = instances(3)
    world.cloud.instance(second).work = { until: world.now() + 2 * MINUTE, end: () => {} }
    await world.acceptMany(instances(3))
    await world.pass(15 * MINUTE)
    expect(world.cloud.writes).toHaveLength(3 - Number(states().includes('failed')))
  })
})

test('a run that cannot be stored keeps the others of its batch from nothing, and is asked for again', async () => {
  world.sweeps = false
  const { create } = world.ports.store
  let fails = 1
  world.ports.store.create = async (run) => {
    if (run.target.instanceId === instances(3)[1] && fails-- > 0) throw new Error('the table is down')
    return create(run)
  }
  await expect(world.acceptMany(instances(3))).rejects.toThrow('the table is down')
  await world.pass(5 * MINUTE)
  expect(states()).toEqual(['succeeded', 'succeeded'])
  await world.acceptMany(instances(3))
  await world.pass(5 * MINUTE)
  expect([states(), world.cloud.writes.length]).toEqual([['succeeded', 'succeeded', 'succeeded'], 3])
})

describe('a crash half way through a batch', () => {
  test.for(['create', 'getLease', 'saveLease', 'send', 'get', 'read', 'save', 'write'])(
    'at any use of %s leaves each run right',
    async (port) => {
      for (let nth = 0; nth < 12; nth++) {
        for (const at of ['before', 'after'] as const) {
          world = createWorld()
          let uses = 0
          world.hook = (used, when) => {
            if (used === port && when === at && uses++ === nth) throw new Crash()
          }
          const ask = () => world.acceptMany(instances(4))
          await ask().catch(ask).catch(ask)
          await world.pass(30 * MINUTE)
          const ends = [...world.runs.values()]
          const written = ends.map(({ id }) => world.writesOf.get(id) ?? 0)
          const seen = { port, nth, at, states: ends.map(({ state }) => state), written }
          expect(
            ends.map(({ state }) => isFinal(state)),
            JSON.stringify(seen),
          ).toEqual([true, true, true, true])
          expect(Math.max(...written), JSON.stringify(seen)).toBeLessThanOrEqual(1)
          for (const [index, { state }] of ends.entries()) {
            if (state === 'succeeded') expect(written[index], JSON.stringify(seen)).toBe(1)
          }
          expect(new Set(world.published.map(({ id }) => id)).size).toBe(4)
          expect(world.withoutLease).toEqual([])
        }
      }
    },
  )
})

test('the same request of many is known again in another spelling, one of fewer is another', async () => {
  const asked = { operation: 'dcs.instance.flush', params: { ensureBackup: false } }
  const runs = await world.acceptMany(instances(3), asked)
  const again = await world.acceptMany(instances(3), { ...asked, params: {} })
  expect(again.map(({ id }) => id)).toEqual(runs.map(({ id }) => id))
  await expect(world.acceptMany(instances(2), asked)).rejects.toThrow('used for another')
})

test('the same request of many is known again, however another release hashed it', async () => {
  const runs = await world.acceptMany(instances(3))
  for (const run of runs) world.runs.set(run.id, { ...world.get(run.id), fingerprint: 'of another' })
  expect((await world.acceptMany(instances(3))).map(({ id }) => id)).toEqual(runs.map(({ id }) => id))
  expect(world.runs.size).toBe(3)
})
