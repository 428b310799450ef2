import { beforeEach, expect, test } from 'vitest'
import { createWorld, type World } from '../world/world.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

let world: World
beforeEach(() => {
  world = createWorld()
})

/** Nobody is there, and whatever the queues had is lost. */
const absence = async (ms: number): Promise<void> => {
  world.sweeps = false
  world.post = () => []
  await world.pass(ms)
  world.sweeps = true
  world.post = () => [0]
}

test.for([
  ['dcs.instance.restart', 20_000, false, 'succeeded'],
  ['dcs.instance.swap', 20_000, false, 'succeeded'],
  ['dcs.node.stop', 20_000, false, 'succeeded'],
  ['dcs.instance.stop', 3 * HOUR, false, 'succeeded'],
  ['dcs.instance.restart', 20_000, true, 'failed'],
  ['dcs.instance.swap', 3 * HOUR, true, 'failed'],
  ['dcs.instance.restart', 9 * HOUR, false, 'timed-out'],
  ['dcs.instance.swap', 9 * HOUR, false, 'timed-out'],
] as const)(
  '%s of %i ms, failing: %s, after five hours in which nobody was there, ends by what the cloud shows: %s',
  async ([operation, workMs, fails, state]) => {
    world.cloud.workMs = () => workMs
    world.cloud.workFails = () => fails
    const { id } = await world.accept({ operation })
    await world.pass(3_000)
    expect(world.get(id).state).toBe('tracking')
    await absence(5 * HOUR)
    expect(world.get(id).state).toBe('tracking')
    const reads = [...world.cloud.calls.values()].reduce((sum, count) => sum + count, 0)
    await world.pass(8 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length, world.published.length]).toEqual([state, 1, 1])
    expect([...world.cloud.calls.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(reads)
  },
)

test('a run that was being sent when everybody went is reconciled, and never sent again', async () => {
  world.cloud.listsTasks = true
  world.cloud.fault = (operation) =>
    operation === 'dcs.instance.swap' ? { kind: 'timeout', change: 'unknown', took: true } : undefined
  const { id } = await world.accept({ operation: 'dcs.instance.swap' })
  await world.pass(1_000)
  expect(world.get(id).state).toBe('submitting')
  await absence(5 * HOUR)
  await world.pass(20 * MINUTE)
  expect([world.get(id).state, world.cloud.writes.length]).toEqual(['succeeded', 1])
})

test('a run that was never sent is not sent hours later', async () => {
  world.post = () => []
  world.sweeps = false
  const { id } = await world.accept({ operation: 'dcs.instance.swap' })
  await absence(5 * HOUR)
  await world.pass(8 * MINUTE)
  expect([world.get(id).state, world.cloud.writes.length]).toEqual(['timed-out', 0])
  expect(world.get(id).outcome?.summary).toContain('nothing was done')
})

test('an instance that was in ERROR before, and is still, is no failure that is waited for for ever', async () => {
  world.cloud.instance('2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef').status = 'ERROR'
  world.cloud.workMs = () => 1
  world.cloud.workFails = () => true
  const { id } = await world.accept({ operation: 'dcs.instance.restart' })
  await world.pass(60 * MINUTE)
  expect(world.get(id).state).toBe('timed-out')
  expect(world.get(id).step).toBeLessThan(100)
})

test('an instance that shows ERROR and RUNNING in turn ends by its deadline and eight minutes', async () => {
  let probes = 0
  const { call } = world.ports
  world.ports.call = async (operation, input, place) => {
    const answer = await call(operation, input, place)
    if (operation.name !== 'dcs.instance.show') return answer
    return operation.output.parse({ ...(answer as object), status: probes++ % 2 ? 'ERROR' : 'RUNNING' })
  }
  const { id, deadlineAt } = await world.accept({ operation: 'dcs.instance.restart' })
  await world.pass(2 * HOUR)
  const { state, endedAt = '' } = world.get(id)
  expect([state, Date.parse(endedAt) <= Date.parse(deadlineAt) + 8 * MINUTE]).toEqual(['timed-out', true])
})
