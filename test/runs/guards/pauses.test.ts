import { beforeEach, describe, expect, test } from 'vitest'
import { addPause, endPause } from '../../../lib/runs/guards/pauses.ts'
import { createWorld, type World } from '../../world/world.ts'

/** A person stops new sends. */

const MINUTE = 60_000

let world: World

beforeEach(() => {
  world = createWorld()
})

const pause = (scope: string, until?: string) =>
  addPause(world.ports, { id: 'p1', scope, reason: 'maintenance', by: 'ann', ...(until ? { until } : {}) })
const inMinutes = (minutes: number): string => new Date(world.now() + minutes * MINUTE).toISOString()
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const told = (): string[] => world.announced.map(({ type }) => type)

describe('a pause', () => {
  test.for([
    ['all', true],
    ['group:everything', true],
    ['operation:dcs.instance.restart', true],
    ['operation:dcs.instance.swap', false],
    [`resource:huawei/dcs/${INSTANCE}`, true],
    ['resource:huawei/dcs/other', false],
    ['rule:r', true],
    ['rule:other', false],
  ] as const)('of %s keeps the run waiting: %j', async ([scope, waits]) => {
    await pause(scope)
    const source = { kind: 'alarm' as const, name: 'cloudwatch', id: 'arn', rule: 'r' }
    const { id } = await world.accept({ operation: 'dcs.instance.restart', source })
    await world.pass(20 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual(waits ? ['queued', 0] : ['succeeded', 1])
    if (waits) expect(world.get(id).progress.lastObserved).toContain(`${scope} is paused by ann`)
  })

  test('is told when it begins, when it first keeps a run waiting, and when it lapses: once each', async () => {
    await pause('all', inMinutes(10))
    const runs = [await world.accept({ idempotencyKey: 'a' })]
    await world.pass(2 * MINUTE)
    expect([told(), world.cloud.writes]).toEqual([['pause.began', 'pause.used'], []])
    await world.pass(20 * MINUTE)
    expect(told()).toEqual(['pause.began', 'pause.used', 'pause.ended'])
    expect(runs.map(({ id }) => world.get(id).state)).toEqual(['succeeded'])
    expect(world.announced.at(-1)).toMatchObject({ of: 'pause/p1', reason: 'the pause of all has lapsed: runs go on' })
  })

  test('that a person ends lets runs go on within a minute', async () => {
    await pause('all')
    const { id } = await world.accept({})
    await world.pass(5 * MINUTE)
    await endPause(world.ports, 'p1', 'bob')
    await world.pass(10 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'succeeded', verdicts: [{ guard: 'pause', says: 'wait' }] })
    expect(told()).toEqual(['pause.began', 'pause.used', 'pause.ended'])
  })

  test('does not touch a run that was sent', async () => {
    const { id } = await world.accept({})
    await world.pass(5_000)
    await pause('all')
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual(['succeeded', 1])
  })

  test('that outlasts the time in which a run may be sent ends it as refused, and nothing was sent', async () => {
    await pause('all', inMinutes(60))
    const { id } = await world.accept({ notAfter: inMinutes(30) })
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'refused',
      outcome: { summary: expect.stringMatching(/^nothing was done: all is paused .*; it may be sent until .* only$/) },
    })
    expect(world.cloud.writes).toEqual([])
  })

  test('without an end is waited for no longer than a day', async () => {
    await pause('all')
    const { id } = await world.accept({})
    await world.pass(25 * 60 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual(['refused', 0])
  })

  test('leaves the resource of a waiting run to others, and the waiting run goes after them', async () => {
    await pause('operation:dcs.instance.restart')
    const waiting = await world.accept({ operation: 'dcs.instance.restart', idempotencyKey: 'a' })
    await world.pass(MINUTE)
    const other = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'b' })
    await world.pass(10_000)
    expect([world.get(waiting.id).state, world.holders()]).toEqual(['queued', [other.id]])
    await endPause(world.ports, 'p1', 'bob')
    await world.pass(30 * MINUTE)
    expect([waiting, other].map(({ id }) => world.get(id).state)).toEqual(['succeeded', 'succeeded'])
    expect([world.withoutLease, world.lostLeases, world.cloud.writes.length]).toEqual([[], [], 2])
  })

  test('lets those pass who wait in line behind a run that it keeps waiting', async () => {
    const queue = { collision: 'queue' as const }
    const first = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'a' })
    await world.pass(5_000)
    const paused = await world.accept({ operation: 'dcs.instance.restart', idempotencyKey: 'b', ...queue })
    await world.pass(5_000)
    await pause('operation:dcs.instance.restart')
    const behind = await world.accept({ operation: 'dcs.instance.soft-restart', idempotencyKey: 'c', ...queue })
    await world.pass(15 * MINUTE)
    expect([first, paused, behind].map(({ id }) => world.get(id).state)).toEqual(['succeeded', 'queued', 'succeeded'])
    await endPause(world.ports, 'p1', 'bob')
    await world.pass(15 * MINUTE)
    expect([world.get(paused.id).state, world.withoutLease, world.lostLeases]).toEqual(['succeeded', [], []])
  })

  test('leaves the resource to nobody while the backup that its run has begun may go on', async () => {
    const flush = { operation: 'dcs.instance.flush', params: { ensureBackup: true } }
    const paused = await world.accept({ ...flush, idempotencyKey: 'a' })
    await world.pass(5_000)
    await pause('operation:dcs.instance.flush')
    await world.pass(MINUTE)
    expect(world.get(paused.id)).toMatchObject({ state: 'queued', heldBackUntil: expect.any(String) })
    const behind = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'b', collision: 'queue' })
    await world.pass(2 * MINUTE)
    expect([world.get(behind.id).state, world.holders()]).toEqual(['queued', [paused.id]])
    await endPause(world.ports, 'p1', 'bob')
    await world.pass(30 * MINUTE)
    expect([paused, behind].map(({ id }) => world.get(id).state)).toEqual(['succeeded', 'succeeded'])
  })

  test('that cannot be read lets nothing through', async () => {
    world.hook = (port, when) => {
      if (port === 'getDocument' && when === 'before') throw new Error('unreachable')
    }
    const { id } = await world.accept({})
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual(['queued', 0])
    world.hook = () => {}
    await world.pass(20 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual(['succeeded', 1])
  })

  test('is told, though the topic takes nothing for a while', async () => {
    world.hook = (port, when) => {
      if (port === 'publish' && when === 'before') throw new Error('no topic')
    }
    await pause('all')
    expect(told()).toEqual([])
    world.hook = () => {}
    await world.pass(2 * MINUTE)
    expect(told()).toEqual(['pause.began'])
  })
})

test('a run that was paused while its backup was made keeps its resource meanwhile', async () => {
  world.cloud.workMs = () => 5 * MINUTE
  const backed = await world.accept({ operation: 'dcs.instance.stop', params: { ensureBackup: true } })
  await world.pass(MINUTE)
  expect(world.cloud.backedUp).toHaveLength(1)
  await pause('operation:dcs.instance.stop')
  await world.pass(MINUTE)
  expect(world.get(backed.id).heldBackUntil).toBeDefined()
  const other = await world.accept({ operation: 'dcs.instance.swap', collision: 'queue', idempotencyKey: 'other' })
  await world.pass(2 * MINUTE)
  expect([world.holders(), world.get(other.id).state, world.cloud.writes]).toEqual([[backed.id], 'queued', []])
  await endPause(world.ports, 'p1', 'bob')
  await world.pass(30 * MINUTE)
  expect([world.lostLeases, world.cloud.writes.map(({ operation }) => operation)]).toEqual([
    [],
    expect.arrayContaining(['dcs.instance.stop']),
  ])
})
