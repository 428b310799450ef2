import { beforeEach, expect, test } from 'vitest'
import { cancel } from '../../lib/runs/cancel.ts'
import { takeLease } from '../../lib/runs/lease/lease.ts'
import { createWorld, type World } from '../world/world.ts'

const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const RESTART = { operation: 'dcs.instance.restart' }
const FLUSH = { operation: 'dcs.instance.flush' }
const SOFT = { operation: 'dcs.instance.soft-restart' }
let world: World
let key = 0
beforeEach(() => {
  world = createWorld()
})
const ask = (request: object, collision: 'queue' | 'reject' | 'skip' = 'reject') =>
  world.accept({ idempotencyKey: `key-${key++}`, collision, ...request })
const lease = () => [...world.leases.values()][0]

test('an intent of a release that did not write when it was sent is searched for no longer than others', async () => {
  const { id } = await ask(RESTART)
  const { sentAt, ...old } = world.get(id)
  world.runs.set(id, { ...old, state: 'submitting', baseline: { status: 'RUNNING' } })
  await world.pass(6 * MINUTE)
  expect([world.get(id).state, world.cloud.writes.length]).toEqual(['unknown', 0])
})

test('what was seen of the run before says nothing of the next one that is given up', async () => {
  world.cloud.workMs = () => 42.5 * MINUTE
  await ask(RESTART)
  await world.pass(42.5 * MINUTE)
  world.cloud.workMs = () => 1000 * MINUTE
  const second = await ask(FLUSH)
  await world.pass(50 * MINUTE)
  expect(world.get(second.id).state).toBe('timed-out')
  const third = await ask(SOFT)
  await world.pass(MINUTE)
  expect(world.get(third.id)).toMatchObject({ state: 'refused', outcome: { holder: { runId: second.id } } })
  expect(world.lostLeases).toEqual([])
})

test('a run that has its turn waits in line no more', async () => {
  await ask(RESTART)
  const second = await ask(FLUSH, 'queue')
  expect(lease()?.waiting).toEqual([second.id])
  while (world.holders()[0] !== second.id) await world.pass(1_000)
  expect(lease()?.waiting).toEqual([])
})

test('a run in line that joined another is no hindrance, and comes back to its place where that is withdrawn', async () => {
  const first = await ask(RESTART)
  const joined = await ask(RESTART)
  const stored = lease()
  if (!stored) throw new Error('no lease')
  const { holder, ...free } = stored
  world.runs.set(first.id, { ...world.get(first.id), attachedTo: 'run_x', state: 'attached' })
  world.leases.set(stored.resource, { ...free, waiting: [joined.id] })
  const next = await ask(FLUSH)
  expect(next.state).toBe('queued')
  expect(await takeLease(world.ports, next)).not.toHaveProperty('not')
  expect(INSTANCE).toBe(next.target.instanceId)
})

test('a run that is refused gives back nothing of another', async () => {
  const first = await ask(RESTART)
  await world.pass(10_000)
  expect((await ask(FLUSH)).state).toBe('refused')
  expect(world.holders()).toEqual([first.id])
  expect((await ask(SOFT)).state).toBe('refused')
})

test('a live run keeps its instance, though the time of its lease is over', async () => {
  const first = await ask(RESTART)
  await world.pass(10_000)
  const stored = lease()
  if (!stored) throw new Error('no lease')
  world.leases.set(stored.resource, { ...stored, until: new Date(world.now() - 1).toISOString() })
  expect((await ask(FLUSH)).state).toBe('refused')
  expect(world.holders()).toEqual([first.id])
})

test('a request that was withdrawn in line is not joined', async () => {
  await ask(RESTART)
  const second = await ask(FLUSH, 'queue')
  await cancel(world.ports, second.id, { by: 'the test' })
  const third = await ask(FLUSH, 'queue')
  expect(third).toMatchObject({ state: 'queued' })
  expect(world.get(third.id).attachedTo).toBeUndefined()
})

test('a run stands alone where the one that it joined is refused', async () => {
  const first = await ask(RESTART)
  const second = await ask(RESTART)
  world.runs.set(first.id, { ...world.get(first.id), state: 'refused', outcome: { summary: 'no', providerDone: true } })
  await world.pass(5 * MINUTE)
  expect([world.get(second.id).state, world.cloud.writes.length]).toEqual(['succeeded', 1])
})

test('a run that joined another has half an hour more than that, also where that gets more time', async () => {
  world.cloud.workMs = () => 25 * MINUTE
  await ask(RESTART)
  const second = await ask(FLUSH, 'queue')
  const third = await ask(FLUSH)
  const more = () => (Date.parse(world.get(third.id).deadlineAt) - Date.parse(world.get(second.id).deadlineAt)) / MINUTE
  expect(more()).toBe(30)
  while (world.get(second.id).state !== 'tracking') await world.pass(1_000)
  await world.pass(15 * MINUTE)
  expect(world.get(second.id).deadlineAt > second.deadlineAt).toBe(true)
  expect(more()).toBe(30)
})

test('where it could not take its lease at once, a request is refused later: a live run is not overlooked', async () => {
  const first = await ask(RESTART)
  let failures = 1
  world.hook = (port, when) => {
    if (port === 'getLease' && when === 'before' && failures-- > 0) throw new Error('throttled')
  }
  const second = await ask(FLUSH)
  expect(second.state).toBe('queued')
  await world.pass(1_000)
  expect(world.get(second.id)).toMatchObject({ state: 'refused', outcome: { holder: { runId: first.id } } })
})

test('what cannot be seen is not at rest', async () => {
  world.cloud.workMs = () => 1000 * MINUTE
  const first = await ask(RESTART)
  await world.pass(41 * MINUTE)
  world.cloud.fault = (operation) =>
    operation === 'dcs.instance.show' ? { kind: 'denied', change: 'none', code: 'DCS.4003' } : undefined
  const second = await ask(FLUSH)
  await world.pass(1_000)
  expect(world.get(second.id)).toMatchObject({ state: 'refused', outcome: { holder: { runId: first.id } } })
})

test('a run ends as unknown where the one that it joined is gone', async () => {
  const first = await ask(RESTART)
  const second = await ask(RESTART)
  world.runs.delete(first.id)
  await world.pass(MINUTE)
  expect(world.get(second.id)).toMatchObject({
    state: 'unknown',
    outcome: { summary: expect.stringContaining('is not stored any more') },
  })
})

test('a backup that failed keeps nobody from the instance of a run that was withdrawn', async () => {
  world.cloud.workMs = () => 5 * MINUTE
  world.cloud.workFails = () => true
  const first = await ask({ ...FLUSH, params: { ensureBackup: true } })
  await world.pass(MINUTE)
  await cancel(world.ports, first.id, { by: 'the test' })
  await world.pass(5 * MINUTE)
  Object.assign(world.cloud, { workFails: () => false, workMs: () => 20_000 })
  const second = await ask(RESTART)
  await world.pass(5 * MINUTE)
  expect(world.get(second.id).state).toBe('succeeded')
})

const SWAP = { operation: 'dcs.instance.swap' }
const noAnswer = (took: boolean) => {
  let left = 1
  world.cloud.fault = (operation) =>
    operation === SWAP.operation && left-- > 0 ? { kind: 'timeout', change: 'unknown', took } : undefined
}

test('a run that waited, and is found under way, has its full time from when it was sent, and is taken on when found', async () => {
  world.cloud.workMs = () => 25 * MINUTE
  await ask(RESTART)
  noAnswer(true)
  const { id } = await ask(SWAP, 'queue')
  await world.pass(60 * MINUTE)
  const { state, acceptedAt, sentAt = '', deadlineAt } = world.get(id)
  const found = world.history.get(id)?.find((one) => one.state === 'tracking')?.updatedAt
  expect([state, acceptedAt, Date.parse(deadlineAt) - Date.parse(sentAt)]).toEqual(['succeeded', found, 30 * MINUTE])
})
