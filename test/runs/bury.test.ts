import { beforeEach, expect, test } from 'vitest'
import { bury } from '../../lib/runs/bury.ts'
import { createWorld, type World } from '../world/world.ts'

let world: World
beforeEach(() => {
  world = createWorld()
})

const letter = (body: string) => ({ messageId: 'm1', queue: 'PollsDeadLetters', body })
const AT = '2026-01-01T00:00:12.000Z'

test('a run whose message was given up notes it, goes on by the sweeper, and people are told', async () => {
  const { id } = await world.accept({})
  await world.pass(12_000)
  world.letters = []
  await bury(world.ports, letter(JSON.stringify({ v: 1, runId: id, step: 1 })))
  expect(world.get(id)).toMatchObject({ state: 'tracking', buried: 1 })
  expect(world.buried).toEqual([{ ...letter(`{"v":1,"runId":"${id}","step":1}`), runId: id, at: AT }])
  await world.pass(5 * 60_000)
  expect(world.get(id).state).toBe('succeeded')
  expect(world.cloud.writes).toHaveLength(1)
})

test.for(['', '{', '[]', '{"v":2}', '{"v":1,"runId":7}', '{"v":1,"runId":"run_unknown"}'])(
  'a message %j that names no run is told all the same',
  async (body) => {
    await bury(world.ports, letter(body))
    expect(world.buried).toMatchObject([{ messageId: 'm1', body }])
    expect(world.runs.size).toBe(0)
  },
)

test.for(['lease:huawei/dcs/x', '', 'x'.repeat(5_000)])('a runId %j that is none is not looked up', async (runId) => {
  const asked: string[] = []
  world.ports.store.get = async (id) => void asked.push(id)
  await bury(world.ports, letter(JSON.stringify({ runId })))
  expect([asked, world.buried.map((buried) => buried.runId)]).toEqual([[], [undefined]])
})

test('a run that cannot be read does not keep its dead letter from being told', async () => {
  const { id } = await world.accept({})
  world.ports.store.get = async () => {
    throw new Error('another release wrote it')
  }
  await bury(world.ports, letter(JSON.stringify({ runId: id })))
  expect(world.buried).toMatchObject([{ messageId: 'm1', runId: id }])
})

test('a huge message is told in part', async () => {
  await bury(world.ports, letter('x'.repeat(1_000_000)))
  expect(world.buried[0]?.body).toHaveLength(2_000)
})

test('an ended run is not touched', async () => {
  const { id } = await world.accept({})
  await world.pass(5 * 60_000)
  const before = world.get(id)
  await bury(world.ports, letter(JSON.stringify({ v: 1, runId: id })))
  expect(world.get(id)).toEqual(before)
})
