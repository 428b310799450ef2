import { beforeEach, describe, expect, test } from 'vitest'
import { bucketOf, type Durations, edgeOf } from '../../../lib/runs/durations/durations.ts'
import { durationsOf, learn } from '../../../lib/runs/durations/learned.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { seeded } from '../../chance.ts'
import { createWorld, type World } from '../../world/world.ts'

const MINUTE = 60_000
const KEY = 'dcs.instance.swap'
const START = Date.parse('2026-01-01T00:00:00Z')
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString()

let world: World
let uses: { reads: number; writes: number }
let logged: string[]

beforeEach(() => {
  world = createWorld()
  uses = { reads: 0, writes: 0 }
  logged = []
  world.ports.log = (level, message) => void logged.push(`${level}: ${message}`)
  world.hook = (port, when) => {
    if (when === 'before' && port === 'getDurations') uses.reads++
    if (when === 'before' && port === 'saveDurations') uses.writes++
  }
})

const fail = (port: string): void => {
  world.hook = (used) => {
    if (used === port) throw new Error('throttled')
  }
}

/** Accepted at the start; its end was seen after 600 s, and not yet after 590 s. */
const endedRun = async (changes: Partial<Run> = {}): Promise<Run> => {
  const run = await createWorld().accept({ operation: KEY })
  const progress = { ...run.progress, since: at(600) }
  return { ...run, state: 'verifying', acceptedAt: at(0), changedAfter: at(590), progress, ...changes }
}

const known = (runs: number): Durations => ({
  ...{ key: KEY, runs, weights: { 147: 10 }, version: runs, expiresAtSeconds: START / 1000 },
})

test('runs of another class are others', async () => {
  world.durations.set(KEY, known(5))
  world.durations.set(`${KEY}/8-batches`, { ...known(7), key: `${KEY}/8-batches` })
  const runs = [
    await endedRun(),
    await endedRun({ sizeClass: '8-batches' }),
    await endedRun({ sizeClass: '1-batches' }),
  ]
  const read = await Promise.all(runs.map((run) => durationsOf(world.ports, run)))
  expect(read.map((durations) => durations?.runs)).toEqual([5, 7, undefined])
})

describe('a store that fails', () => {
  test('costs the history only', async () => {
    world.durations.set(KEY, known(5))
    fail('getDurations')
    expect(await durationsOf(world.ports, await endedRun())).toBeUndefined()
    expect(logged).toEqual(['warn: durations of earlier runs cannot be read'])
  })

  test.for(['getDurations', 'saveDurations'])('at %s lets a run end as ever, once', async (port) => {
    fail(port)
    const { id } = await world.accept({ operation: KEY })
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, world.published.length, world.cloud.writes.length]).toEqual(['succeeded', 1, 1])
    expect(world.durations.size).toBe(0)
    expect(logged).toContain('warn: duration of a run not kept')
  })

  test('that hangs at the end of a run leaves the end written and told', async () => {
    const { saveDurations } = world.ports.store
    world.ports.store.saveDurations = async (durations) => {
      await world.until(world.now() + 60 * MINUTE)
      return saveDurations(durations)
    }
    const { id } = await world.accept({ operation: KEY })
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, world.published.length]).toEqual(['succeeded', 1])
  })
})

describe('a run that has ended', () => {
  test('is counted, with the time in which it ended', async () => {
    await learn(world.ports, await endedRun(), 0.99)
    expect(world.durations.get(KEY)).toEqual({
      ...{ key: KEY, runs: 1, version: 1, expiresAtSeconds: START / 1000 + 600 + 400 * 86_400 },
      weights: { 147: 1 },
    })
  })

  // Some are seen done twice before they end, some are then verified as well: neither makes the work longer.
  test.for([
    'dcs.instance.restart',
    'dcs.instance.soft-restart',
    'dcs.instance.flush',
    'dcs.instance.stop',
    'dcs.instance.swap',
    'dcs.node.stop',
  ])('of %s is counted between the last look that saw it at work and the first that saw it done', async (operation) => {
    world.cloud.workMs = () => 10 * MINUTE
    const { id } = await world.accept({ operation })
    await world.pass(30 * MINUTE)
    const { weights = {} } = world.durations.get(operation) ?? {}
    const buckets = Object.keys(weights).map(Number)
    expect(world.get(id).state).toBe('succeeded')
    expect(edgeOf(Math.min(...buckets))).toBeLessThan(600)
    expect(edgeOf(Math.max(...buckets) + 1)).toBeGreaterThan(600)
    expect(edgeOf(Math.max(...buckets)) - edgeOf(Math.min(...buckets))).toBeLessThanOrEqual(100)
  })

  test('is counted from its acceptance where no look was before the one that saw its end', async () => {
    const { changedAfter, ...run } = await endedRun()
    await learn(world.ports, run, 0)
    expect(Math.min(...Object.keys(world.durations.get(KEY)?.weights ?? {}).map(Number))).toBeLessThan(bucketOf(150))
  })

  test.for<[string, Partial<Run>]>([
    ['that was never accepted', { acceptedAt: undefined }],
    [
      'of which nothing was observed',
      { progress: { ...{ failures: 0, consecutive: 0, observedCounts: {} } } as Run['progress'] },
    ],
  ])('%s is not counted, nor is anything read', async ([, changes]) => {
    await learn(world.ports, await endedRun(changes), 0)
    expect([uses, world.durations.size]).toEqual([{ reads: 0, writes: 0 }, 0])
  })

  test('is counted once, by the class that it had; the one that joined it is not', async () => {
    const first = await world.accept({ operation: KEY, idempotencyKey: 'first' })
    const second = await world.accept({ operation: KEY, idempotencyKey: 'second' })
    await world.pass(10 * MINUTE)
    expect([first, second].map(({ id }) => world.get(id).state)).toEqual(['succeeded', 'succeeded'])
    expect(world.get(second.id).attachedTo).toBe(first.id)
    expect([...world.durations.values()].map(({ key, runs }) => [key, runs])).toEqual([[KEY, 1]])
    expect(uses.writes).toBe(1)
  })

  test('is counted where it failed, as its end was seen', async () => {
    world.cloud.workFails = () => true
    world.cloud.workMs = () => 5 * MINUTE
    const { id } = await world.accept({ operation: KEY })
    await world.pass(10 * MINUTE)
    const { runs, weights = {} } = world.durations.get(KEY) ?? {}
    expect([world.get(id).state, runs, uses.writes]).toEqual(['failed', 1, 1])
    const buckets = Object.keys(weights).map(Number)
    expect(edgeOf(Math.min(...buckets))).toBeLessThan(300)
    expect(edgeOf(Math.max(...buckets) + 1)).toBeGreaterThan(300)
  })

  test.for<[string, Partial<World['cloud']>]>([
    ['timed-out', { workMs: () => 1_000 * MINUTE }],
    [
      'unknown',
      { fault: (operation) => (operation === 'dcs.job.show' ? { kind: 'not-found', change: 'none' } : undefined) },
    ],
  ])('is not counted as %s, as its end was not seen', async ([state, cloud]) => {
    Object.assign(world.cloud, cloud)
    const { id } = await world.accept({ operation: KEY })
    await world.pass(60 * MINUTE)
    expect([world.get(id).state, world.durations.size, uses.writes]).toEqual([state, 0, 0])
  })

  test('is dropped where another worker is faster: it is not tried again', async () => {
    world.ports.store.saveDurations = async () => {
      uses.writes++
      return false
    }
    await learn(world.ports, await endedRun(), 0)
    expect([uses.writes, world.durations.size, logged]).toEqual([1, 0, []])
  })
})

describe('of a kind of which there are many', () => {
  test.for([
    [99, 0.99, 100],
    [100, 0.099, 110],
    [100, 0.1, 100],
    [100, 0.99, 100],
  ])('with %i runs, one that draws %d makes them %i', async ([runs = 0, random = 0, after]) => {
    world.durations.set(KEY, known(runs))
    await learn(world.ports, await endedRun(), random)
    expect(world.durations.get(KEY)?.runs).toBe(after)
  })

  test('one in ten is counted, for ten, and the others write nothing', async () => {
    const random = seeded(1)
    const run = await endedRun()
    world.durations.set(KEY, known(100))
    for (let count = 0; count < 1_000; count++) await learn(world.ports, run, random())
    expect(uses.writes).toBeGreaterThan(70)
    expect(uses.writes).toBeLessThan(130)
    expect(world.durations.get(KEY)?.runs).toBe(100 + 10 * uses.writes)
  })
})

test('what runs have learnt places the looks of the next ones', async () => {
  world.cloud.workMs = () => 10 * MINUTE
  const looks: number[] = []
  for (let count = 0; count < 12; count++) {
    const { id } = await world.accept({ operation: KEY, idempotencyKey: `${count}` })
    await world.pass(20 * MINUTE)
    looks.push(world.get(id).step)
  }
  expect(world.durations.get(KEY)?.runs).toBe(12)
  expect(looks[0]).toBeGreaterThan(10)
  expect(looks.at(-1)).toBeLessThan(9)
})
