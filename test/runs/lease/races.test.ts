import { beforeEach, describe, expect, test } from 'vitest'
import { keepDeadLetter } from '../../../lib/dead-letters/keep.ts'
import { cancel } from '../../../lib/runs/cancel.ts'
import { createWorld, type World } from '../../world/world.ts'

const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const OTHER = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ee'
const RESTART = { operation: 'dcs.instance.restart' }
const FLUSH = { operation: 'dcs.instance.flush' }
let world: World
let key = 0
beforeEach(() => {
  world = createWorld()
})
const ask = (request: object, collision: 'queue' | 'reject' | 'skip' = 'reject') =>
  world.accept({ idempotencyKey: `key-${key++}`, collision, ...request })
const states = () => [...world.runs.values()].map(({ state }) => state)

describe('a batch over two regions', () => {
  const inTwoRegions = () =>
    world.accept({
      targets: [
        { instanceId: INSTANCE, region: 'cn-north-4' },
        { instanceId: OTHER, region: 'eu-west-101' },
      ],
    } as never)

  test('is sent to the second, though an answer of the first could not be written', async () => {
    const { save } = world.ports.store
    let failures = 1
    world.ports.store.save = async (run) => {
      if (run.state === 'tracking' && failures-- > 0) throw new Error('the table is throttled')
      return save(run)
    }
    world.cloud.workMs = () => 3 * MINUTE
    await inTwoRegions()
    await world.pass(20 * MINUTE)
    expect([states(), world.cloud.writes.length]).toEqual([['succeeded', 'succeeded'], 2])
  })

  test('is sent to the second, though the first threw', async () => {
    const { call } = world.ports
    world.ports.call = async (operation, input, place) => {
      if (operation.effect === 'once' && place.region === 'cn-north-4') throw new TypeError('a fault of ours')
      return call(operation, input, place)
    }
    await inTwoRegions()
    await world.pass(20 * MINUTE)
    expect([states(), world.cloud.writes.length]).toEqual([['unknown', 'succeeded'], 1])
  })
})

/** What the client of the table must see to: it gives a write up after a few seconds (lib/aws/store.ts). */
test('a write of one intent that fails after nine seconds does not leave the others of its batch in doubt', async () => {
  const { save } = world.ports.store
  let hangs = 1
  world.ports.store.save = async (run) => {
    if (run.state !== 'submitting' || hangs-- <= 0) return save(run)
    await world.until(world.now() + 9_000)
    throw new Error('no answer of the table')
  }
  const ids = Array.from({ length: 5 }, (_, index) => `2e803f66-fbb0-47ad-b6cb-${String(index).padStart(12, '0')}`)
  await world.acceptMany(ids)
  await world.pass(20 * MINUTE)
  expect([states(), world.cloud.writes.length]).toEqual([Array(5).fill('succeeded'), 5])
})

test('the instance of a run in doubt is not taken after one observation at rest, however old', async () => {
  world.cloud.workMs = () => 1000 * MINUTE
  await ask(RESTART)
  await world.pass(41 * MINUTE)
  // Between two phases of its work it shows RUNNING for a moment.
  world.cloud.instance(INSTANCE).status = 'RUNNING'
  const hasty = await ask(FLUSH)
  await world.pass(5_000)
  await cancel(world.ports, hasty.id, { by: 'the test' })
  world.cloud.instance(INSTANCE).status = 'RESTARTING'
  await world.pass(5 * MINUTE)
  const next = await ask({ operation: 'dcs.instance.soft-restart' })
  await world.pass(10_000)
  expect([world.get(next.id).state, world.lostLeases, world.cloud.calls.get('dcs.instance.soft-restart') ?? 0]).toEqual(
    ['refused', [], 0],
  )
})

test('a dead letter of many runs is noted on each of them', async () => {
  const runs = await world.acceptMany([INSTANCE, OTHER])
  await keepDeadLetter(world.ports, {
    messageId: 'm',
    from: 'submissions',
    queue: 'q',
    body: JSON.stringify({ v: 2, runIds: runs.map(({ id }) => id) }),
  })
  expect(runs.map(({ id }) => world.get(id).deadLetters)).toEqual([1, 1])
})

test('a run that stands alone again has the time of a request of that moment, not that of the other run', async () => {
  const request = { ...FLUSH, params: { ensureBackup: true } }
  world.cloud.workMs = () => 100 * MINUTE
  const first = await ask(request)
  await world.pass(80 * MINUTE)
  const second = await ask(request, 'queue')
  expect(second.attachedTo).toBe(first.id)
  await world.pass(MINUTE)
  await cancel(world.ports, first.id, { by: 'the test' })
  const cancelled = world.now()
  await world.pass(MINUTE)
  const { deadlineAt, state } = world.get(second.id)
  const minutes = (Date.parse(deadlineAt) - cancelled) / MINUTE
  expect([state, minutes >= 90, minutes <= 90.3]).toEqual(['queued', true, true])
})

test('a run that stands alone again is not refused for the backup of the one that it had joined', async () => {
  const request = { ...FLUSH, params: { ensureBackup: true } }
  world.cloud.workMs = () => 5 * MINUTE
  const first = await ask(request)
  await world.pass(MINUTE)
  const second = await ask(request)
  expect(second.attachedTo).toBe(first.id)
  await cancel(world.ports, first.id, { by: 'the test' })
  await world.pass(20 * MINUTE)
  expect([
    world.get(second.id).state,
    world.cloud.writes.length,
    world.cloud.backedUp.length,
    world.lostLeases,
  ]).toEqual(['succeeded', 1, 1, []])
})

test('a run that stands alone again is polled as often as any other', async () => {
  const swap = { operation: 'dcs.instance.swap' }
  const looksOf = (id: string): number[] => {
    const polled = (world.history.get(id) ?? []).filter(({ acceptedAt }) => acceptedAt)
    return polled.map(({ updatedAt, acceptedAt = '' }) => Date.parse(updatedAt) - Date.parse(acceptedAt))
  }
  const other = await ask(swap)
  await world.pass(5 * MINUTE)
  const expected = looksOf(other.id)
  expect([world.get(other.id).state, expected.length > 5]).toEqual(['succeeded', true])

  world = createWorld()
  world.cloud.instance(INSTANCE).work = { until: world.now() + 20 * MINUTE, end: () => {} }
  const first = await ask(swap)
  const second = await ask(swap)
  await world.pass(19 * MINUTE)
  await cancel(world.ports, first.id, { by: 'the test' })
  await world.pass(9 * MINUTE)
  expect(world.get(second.id).state).toBe('succeeded')
  expect(looksOf(second.id)).toEqual(expected)
})

test('observations at rest that are far apart are not a time of rest', async () => {
  world.cloud.workMs = () => 1000 * MINUTE
  await ask(RESTART)
  await world.pass(41 * MINUTE)
  const lookAtRest = async () => {
    world.cloud.instance(INSTANCE).status = 'RUNNING'
    const { id } = await ask(FLUSH)
    await world.pass(1_000)
    await cancel(world.ports, id, { by: 'the test' })
    world.cloud.instance(INSTANCE).status = 'RESTARTING'
    return id
  }
  await lookAtRest()
  await world.pass(5 * MINUTE)
  await lookAtRest()
  await ask({ operation: 'dcs.instance.soft-restart' })
  await world.pass(1_000)
  expect([world.lostLeases, world.cloud.calls.get('dcs.instance.soft-restart') ?? 0]).toEqual([[], 0])
})

test('two of the same request that wait both do not join each other', async () => {
  await ask(RESTART)
  const first = await ask(FLUSH, 'queue')
  const second = await ask({ operation: 'dcs.instance.soft-restart' }, 'queue')
  // As if they had been asked for at one moment, and got in line side by side.
  world.runs.set(second.id, { ...world.get(second.id), operation: first.operation, fingerprint: first.fingerprint })
  await world.pass(10 * MINUTE)
  expect([first, second].map(({ id }) => world.get(id).state)).toEqual(['succeeded', 'succeeded'])
  expect(world.cloud.writes.map(({ operation }) => operation)).toEqual(['dcs.instance.restart', 'dcs.instance.flush'])
})

test('runs that cannot be notified do not hide those behind them from the sweeper', async () => {
  const ids = Array.from({ length: 60 }, (_, index) => `2e803f66-fbb0-47ad-b6cb-${String(index).padStart(12, '0')}`)
  const unnotified = new Set<string>()
  const { runEnded } = world.ports.publisher
  world.ports.publisher.runEnded = async (run) => {
    if (unnotified.has(run.id)) throw new Error('the topic is down for it')
    await runEnded(run)
  }
  world.cloud.fault = () => ({ kind: 'denied', change: 'none' })
  for (const { id } of await world.acceptMany(ids)) unnotified.add(id)
  await world.pass(5 * MINUTE)
  world.cloud.fault = () => undefined
  world.post = ({ at }) => (at > world.now() ? [] : [0])
  const { id } = await ask(RESTART)
  await world.pass(20 * MINUTE)
  expect([world.get(id).state, [...unnotified].filter((one) => world.get(one).due).length]).toEqual(['succeeded', 60])
})

test('late messages of a run that waits do not multiply', async () => {
  world.cloud.workMs = () => 1000 * MINUTE
  world.post = ({ queue }) => (queue === 'submissions' ? [40_000] : [0])
  await ask(RESTART)
  const { id } = await ask(FLUSH, 'queue')
  await world.pass(25 * MINUTE)
  expect(world.letters.filter(({ body }) => body.includes(id)).length).toBeLessThanOrEqual(2)
})

test('a thousand of the same request are one change, and a thousand ends', async () => {
  const runs = []
  for (let number = 0; number < 1000; number++) runs.push(await ask(RESTART))
  await world.pass(5 * MINUTE)
  expect(world.cloud.writes).toHaveLength(1)
  expect(runs.filter(({ id }) => world.get(id).state === 'succeeded')).toHaveLength(1000)
  expect(new Set(world.published.map(({ id }) => id)).size).toBe(1000)
})

test.for([56_000, 58_000, 115_000, 118_000])(
  'is sent, though messages are %i ms late and the cloud takes six seconds to answer',
  async (late) => {
    world.tookMs = (port) => (port === 'cloud' ? 6_000 : 0)
    world.post = ({ queue }) => (queue === 'submissions' ? [late] : [0])
    const { id } = await ask(RESTART)
    await world.pass(45 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual(['succeeded', 1])
  },
)
