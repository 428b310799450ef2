import { beforeEach, expect, test } from 'vitest'
import { createWorld, type World } from '../world/world.ts'

const MINUTE = 60_000

let world: World
let backMs: number
beforeEach(() => {
  world = createWorld()
  backMs = 0
  const { clock } = world.ports
  world.ports.clock = () => clock() - backMs
  // The clouds of the test go by the time that really passes.
  const { call } = world.ports
  world.ports.call = (operation, input, place) =>
    call(operation, input, { ...place, deadlineAtMs: place.deadlineAtMs + backMs })
})

test.for([
  ['dcs.instance.restart', 0],
  ['dcs.instance.restart', 2_000],
  ['dcs.instance.swap', 12_000],
  ['dcs.instance.flush', 25_000],
  ['dcs.instance.restart', 45_000],
] as const)('%s goes on though the clock steps back by half an hour after %i ms', async ([operation, afterMs]) => {
  const { id } = await world.accept({ operation })
  await world.pass(afterMs)
  backMs = 30 * MINUTE
  await world.pass(3 * MINUTE)
  expect([world.get(id).state, world.cloud.writes.length]).toEqual(['succeeded', 1])
})

test.for([1, 2, 3, 5, 30])(
  'a run whose message was lost just before its clock steps back by %i min is found all the same',
  async (minutes) => {
    let isLost = false
    world.post = () => (isLost ? [] : [0])
    await world.pass(61_000)
    const { id } = await world.accept({})
    await world.pass(3_000)
    isLost = true
    await world.pass(8_000)
    isLost = false
    expect(world.get(id).state).toBe('tracking')
    backMs = minutes * MINUTE
    await world.pass(8 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual(['succeeded', 1])
  },
)

test('who asks for the same after a failure does not get that failure, though the clock steps back in between', async () => {
  world.cloud.workFails = () => true
  const first = await world.accept({ operation: 'dcs.instance.restart', idempotencyKey: 'first' })
  await world.pass(3_000)
  backMs = 7 * MINUTE
  await world.pass(3 * MINUTE)
  expect(world.get(first.id).state).toBe('failed')
  world.cloud.workFails = () => false
  const next = await world.accept({ operation: 'dcs.instance.restart', idempotencyKey: 'next' })
  await world.pass(3 * MINUTE)
  expect([world.get(next.id).state, world.cloud.writes.length]).toEqual(['succeeded', 2])
})
