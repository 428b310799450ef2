import { beforeEach, expect, test } from 'vitest'
import type { RunRequest } from '../../lib/runs/accept/draft.ts'
import { Crash, createWorld, type World } from '../world/world.ts'

/** Runs that come to their resource only when another, which they would have met there, has ended. */

const MINUTE = 60_000

let world: World

beforeEach(() => {
  world = createWorld()
})

/** Asked for while the resource is taken; its worker dies before it sees that, and its message is lost. */
async function unseen(request: Partial<RunRequest>): Promise<string> {
  world.post = () => []
  world.hook = (port, when) => {
    if (port === 'getLease' && when === 'before') throw new Crash()
  }
  await world.accept(request).catch(() => undefined)
  Object.assign(world, { hook: () => {}, post: () => [0] })
  return [...world.runs.keys()].at(-1) ?? ''
}

const alarm = { kind: 'alarm' as const, name: 'cloudwatch', id: 'arn' }

test('who is to be skipped for another run is skipped when that has ended, and nothing is sent for it', async () => {
  const first = await world.accept({ operation: 'dcs.instance.restart', idempotencyKey: 'first' })
  await world.pass(5_000)
  const id = await unseen({
    ...{ operation: 'dcs.instance.flush', idempotencyKey: 'second', source: alarm, collision: 'skip' },
  })
  await world.pass(10 * MINUTE)
  expect(world.get(id)).toMatchObject({
    state: 'refused',
    outcome: {
      summary: expect.stringContaining(`skipped: run ${first.id} (dcs.instance.restart) had the resource when`),
    },
  })
  expect(world.cloud.writes.map(({ operation }) => operation)).toEqual(['dcs.instance.restart'])
})

test('who waits for another run goes on when that has ended', async () => {
  await world.accept({ operation: 'dcs.instance.restart', idempotencyKey: 'first' })
  await world.pass(5_000)
  const id = await unseen({ operation: 'dcs.instance.flush', idempotencyKey: 'second', collision: 'queue' })
  await world.pass(10 * MINUTE)
  expect(world.get(id).state).toBe('succeeded')
})

test('the same request, asked for before the other was sent, is answered by it', async () => {
  const first = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'first' })
  world.tookMs = () => 5
  const id = await unseen({ operation: 'dcs.instance.swap', idempotencyKey: 'second', collision: 'queue' })
  await world.pass(10 * MINUTE)
  expect(world.get(id)).toMatchObject({ state: 'succeeded', attachedTo: first.id })
  expect(world.cloud.writes).toHaveLength(1)
})

test('the same request, asked for when the other was at work, is carried out', async () => {
  await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'first' })
  await world.pass(5_000)
  const id = await unseen({ operation: 'dcs.instance.swap', idempotencyKey: 'second', collision: 'queue' })
  await world.pass(10 * MINUTE)
  expect(world.get(id)).toMatchObject({ state: 'succeeded' })
  expect(world.cloud.writes).toHaveLength(2)
})
