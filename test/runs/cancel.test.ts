import { beforeEach, describe, expect, test } from 'vitest'
import { cancel } from '../../lib/runs/cancel.ts'
import { createWorld, type World } from '../world/world.ts'

const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'

let world: World

beforeEach(() => {
  world = createWorld()
})

const busy = () => {
  world.cloud.instance(INSTANCE).work = { until: world.now() + 10 * MINUTE, end: () => {} }
}

describe('a request that was not sent', () => {
  test('is cancelled: nothing is sent, the instance is free, people are notified', async () => {
    busy()
    const { id } = await world.accept({})
    await world.pass(MINUTE)
    const run = await cancel(world.ports, id, { by: 'arn:aws:iam::1:user/eva' })
    expect(run).toMatchObject({
      state: 'cancelled',
      outcome: { summary: 'nothing was done: cancelled by "arn:aws:iam::1:user/eva"', providerDone: true },
    })
    await world.pass(30 * MINUTE)
    expect(world.cloud.writes).toEqual([])
    expect(world.holders()).toEqual([])
    expect(world.published.map(({ state }) => state)).toEqual(['cancelled'])
  })

  test('is cancelled twice alike, and notified once', async () => {
    busy()
    const { id } = await world.accept({})
    await cancel(world.ports, id, { by: 'a' })
    expect((await cancel(world.ports, id, { by: 'b' }))?.outcome?.summary).toContain('cancelled by "a"')
    expect(world.published).toHaveLength(1)
  })

  test('is withdrawn by who says what he likes, in quotes', async () => {
    busy()
    const { id } = await world.accept({})
    const run = await cancel(world.ports, id, { by: 'eva", approved by "ops' })
    expect(run?.outcome?.summary).toBe('nothing was done: cancelled by "eva\\", approved by \\"ops"')
  })

  test('that joined another is withdrawn alone', async () => {
    const first = await world.accept({ idempotencyKey: 'one' })
    const second = await world.accept({ idempotencyKey: 'two' })
    await cancel(world.ports, second.id, { by: 'the test' })
    await world.pass(5 * MINUTE)
    expect([first, second].map(({ id }) => world.get(id).state)).toEqual(['succeeded', 'cancelled'])
  })

  test('after a backup was made for it says so', async () => {
    const { id } = await world.accept({ operation: 'dcs.instance.flush', params: { ensureBackup: true } })
    await world.pass(1_000)
    expect((await cancel(world.ports, id, { by: 'the test' }))?.outcome?.summary).toBe(
      'nothing was done but the backup before it: cancelled by "the test"',
    )
    await world.pass(20 * MINUTE)
    expect(world.cloud.calls.get('dcs.instance.flush')).toBeUndefined()
  })
})

describe('a request that was sent', () => {
  test('goes on to its real end', async () => {
    const { id } = await world.accept({})
    await world.pass(8_000)
    expect((await cancel(world.ports, id, { by: 'the test' }))?.state).toBe('tracking')
    await world.pass(5 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect((await cancel(world.ports, id, { by: 'the test' }))?.state).toBe('succeeded')
    expect(world.published).toHaveLength(1)
  })

  test('and refused as busy may be withdrawn', async () => {
    busy()
    const { id } = await world.accept({})
    await world.pass(5_000)
    expect(world.cloud.calls.get('dcs.instance.restart')).toBe(1)
    expect((await cancel(world.ports, id, { by: 'the test' }))?.state).toBe('cancelled')
  })

  test('at the same moment: either nothing was sent, or it is not cancelled', async () => {
    const ends = new Set<string>()
    for (let at = 0; at < 40; at++) {
      world = createWorld()
      world.tookMs = () => 20
      const { id } = await world.accept({})
      await world.pass(at * 10)
      await cancel(world.ports, id, { by: 'the test' })
      await world.pass(5 * MINUTE)
      const { state } = world.get(id)
      ends.add(state)
      expect([at, state, world.cloud.writes.length]).toEqual([at, state, state === 'cancelled' ? 0 : 1])
    }
    expect([...ends].sort()).toEqual(['cancelled', 'succeeded'])
  })
})

test('a run that is not there is not cancelled', async () => {
  expect(await cancel(world.ports, 'run_0', { by: 'the test' })).toBeUndefined()
})
