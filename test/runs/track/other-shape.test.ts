import { beforeEach, expect, test } from 'vitest'
import { CloudError } from '../../../lib/cloud/errors.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { createWorld, type World } from '../../world/world.ts'

/** Answers that come whole and are not of the documented shape: they are not retried for half an hour. */

const MINUTE = 60_000
let world: World
/** Reads that answer so, and how many times. */
let odd: Map<string, number>

beforeEach(() => {
  world = createWorld()
  odd = new Map()
  const { call } = world.ports
  world.ports.call = async (operation, input, place) => {
    const left = odd.get(operation.name) ?? 0
    if (left === 0) return call(operation, input, place)
    odd.set(operation.name, left - 1)
    world.cloud.calls.set(operation.name, (world.cloud.calls.get(operation.name) ?? 0) + 1)
    const what = 'the answer differs from its documentation'
    throw new CloudError({ operation: operation.name, kind: 'unreadable', change: 'none', what, otherShape: true })
  }
})

const ended = async (operation: string, minutes = 20): Promise<Run> => {
  const { id } = await world.accept({ operation })
  await world.pass(minutes * MINUTE)
  return world.get(id)
}
const minutesOf = ({ createdAt, endedAt = '' }: Run): number => (Date.parse(endedAt) - Date.parse(createdAt)) / MINUTE

test('before it is sent: after three of them nothing was done', async () => {
  odd.set('dcs.instance.show', Number.POSITIVE_INFINITY)
  const run = await ended('dcs.instance.restart')
  expect([run.state, world.cloud.writes, world.cloud.calls.get('dcs.instance.show')]).toEqual(['failed', [], 3])
  expect(run.outcome?.summary).toMatch(/^nothing was done: .*differs from its documentation/)
  expect(minutesOf(run)).toBeLessThan(3)
})

test.for([1, 2])('before it is sent: %d of them are waited out', async (count) => {
  odd.set('dcs.instance.show', count)
  expect((await ended('dcs.instance.restart')).state).toBe('succeeded')
})

test('while it goes on: the end names what was observed, and that it may go on', async () => {
  world.cloud.workMs = () => 10 * MINUTE
  const { id } = await world.accept({})
  await world.pass(MINUTE)
  odd.set('dcs.instance.show', Number.POSITIVE_INFINITY)
  await world.pass(10 * MINUTE)
  const run = world.get(id)
  expect([run.state, run.outcome?.providerDone]).toEqual(['unknown', false])
  expect(run.outcome?.summary).toMatch(
    /^its progress can no longer be read: .*\. Observed: RESTARTING x\d+, error unreadable x\d+$/,
  )
})

test('while it goes on: two of them change nothing', async () => {
  world.cloud.workMs = () => 5 * MINUTE
  const { id } = await world.accept({})
  await world.pass(3 * MINUTE)
  odd.set('dcs.instance.show', 2)
  await world.pass(20 * MINUTE)
  expect(world.get(id).state).toBe('succeeded')
})

test('where the resource is verified: after three of them the run ends by what was seen, and says so', async () => {
  const { id } = await world.accept({})
  await world.pass(2_000)
  odd.set('dcs.node.list', Number.POSITIVE_INFINITY)
  await world.pass(10 * MINUTE)
  const { state, outcome } = world.get(id)
  expect([state, world.cloud.calls.get('dcs.node.list')]).toEqual(['succeeded', 1 + 3])
  expect(outcome?.summary).toContain('but the resource itself cannot be read: ')
})

test('where an answer was lost: it is searched for no longer than for any other', async () => {
  world.cloud.fault = (operation) =>
    operation === 'dcs.instance.restart' ? { kind: 'timeout', change: 'unknown' } : undefined
  const { id } = await world.accept({})
  await world.pass(2_000)
  odd.set('dcs.instance.show', Number.POSITIVE_INFINITY)
  await world.pass(20 * MINUTE)
  const run = world.get(id)
  expect([run.state, minutesOf(run) < 6]).toEqual(['unknown', true])
})
