import { beforeEach, expect, test } from 'vitest'
import type { Run } from '../../lib/runs/run.ts'
import { createWorld, type World } from '../world/world.ts'

/** Two runs on one instance within seconds: what the first has begun is not taken for the second. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const FIRST_MS = SECOND
const SECOND_MS = 4 * MINUTE

let world: World
beforeEach(() => {
  world = createWorld()
  world.cloud.listsTasks = true
})

/** The first takes a second, the second four minutes. */
async function bothOf(first: string, second: string, lost: boolean): Promise<Run> {
  let works = 0
  world.cloud.workMs = () => (works++ === 0 ? FIRST_MS : SECOND_MS)
  const before = await world.accept({ operation: first, idempotencyKey: 'first' })
  await world.pass(FIRST_MS)
  // Its end is seen at once, sooner than any schedule would.
  const { step } = world.get(before.id)
  world.runs.set(before.id, { ...world.get(before.id), nextAt: new Date(world.now()).toISOString() })
  await world.ports.queue.send('polls', { v: 1, runId: before.id, step }, 0)
  await world.pass(0)
  expect(world.get(before.id).state).toBe('succeeded')
  if (lost)
    world.cloud.fault = (operation) =>
      operation === second ? { kind: 'unavailable', change: 'unknown', took: true } : undefined
  const { id } = await world.accept({ operation: second, idempotencyKey: 'second' })
  await world.pass(SECOND)
  expect(world.cloud.writes).toHaveLength(2)
  expect(Date.parse(world.get(id).sentAt ?? '') - Date.parse(world.get(before.id).sentAt ?? '')).toBeLessThan(
    5 * SECOND,
  )
  world.cloud.fault = () => undefined
  return world.get(id)
}

const [START, STOP] = ['dcs.node.start', 'dcs.node.stop']

test.for([
  [STOP, STOP, true],
  [STOP, STOP, false],
  // Whose tasks may be called alike.
  [START, STOP, true],
  [STOP, START, true],
] as const)('%s, then %s, whose answer is lost: %j', async ([first, second, lost]) => {
  const { id } = await bothOf(first ?? '', second ?? '', lost)
  await world.pass(SECOND_MS - 30 * SECOND)
  expect(world.get(id).state).not.toBe('succeeded')
  await world.pass(5 * MINUTE)
  expect([world.get(id).state, world.get(id).job?.id]).toEqual(['succeeded', 'job-00000002'])
})

test('when the instance was free is kept with the run', async () => {
  const { freeSince = '', sentAt = '' } = await bothOf('dcs.node.stop', 'dcs.node.stop', false)
  expect(Date.parse(sentAt) - Date.parse(freeSince)).toBeLessThan(SECOND)
})
