import { beforeEach, describe, expect, test } from 'vitest'
import type { Durations } from '../../../lib/runs/durations/durations.ts'
import { durationsOf, learn } from '../../../lib/runs/durations/learned.ts'
import { rememberingDurations } from '../../../lib/runs/durations/remembered.ts'
import type { Store } from '../../../lib/runs/ports.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { seeded } from '../../chance.ts'
import { createWorld, type World } from '../../world/world.ts'

const MINUTE = 60_000
const KEY = 'dcs.instance.swap'
const START = Date.parse('2026-01-01T00:00:00Z')

let world: World
let store: Store
let uses: { reads: number; fresh: number; writes: number }

beforeEach(() => {
  world = createWorld()
  uses = { reads: 0, fresh: 0, writes: 0 }
  const { getDurations, saveDurations } = world.ports.store
  const counting: Store = {
    ...world.ports.store,
    getDurations: (key, how) => {
      uses.reads++
      if (how?.isFresh) uses.fresh++
      return getDurations(key, how)
    },
    saveDurations: (durations) => {
      uses.writes++
      return saveDurations(durations)
    },
  }
  store = rememberingDurations(counting, world.now)
})

const known = (runs: number, key = KEY): Durations => ({
  ...{ key, runs, weights: { 147: 10 }, version: runs, expiresAtSeconds: START / 1000 },
})

const runsOf = async (key = KEY, how?: { isFresh: boolean }): Promise<number | undefined> =>
  (await store.getDurations(key, how))?.runs

const endedRun = async (): Promise<Run> => {
  const run = await createWorld().accept({ operation: KEY })
  const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString()
  const progress = { ...run.progress, since: at(600) }
  return { ...run, state: 'verifying', acceptedAt: at(0), changedAfter: at(590), progress }
}

describe('durations', () => {
  test('are read once in five minutes, also by many at once', async () => {
    world.durations.set(KEY, known(5))
    expect([await Promise.all([runsOf(), runsOf(), runsOf()]), uses.reads]).toEqual([[5, 5, 5], 1])
    world.durations.set(KEY, known(6))
    await world.pass(5 * MINUTE - 1)
    expect([await runsOf(), uses.reads]).toEqual([5, 1])
    await world.pass(1)
    expect([await runsOf(), uses.reads]).toEqual([6, 2])
  })

  test('that are not there are not read again and again', async () => {
    for (let time = 0; time < 3; time++) expect(await runsOf()).toBeUndefined()
    expect(uses.reads).toBe(1)
  })

  test('are read anew after a clock steps back by more', async () => {
    let now = START
    const remembering = rememberingDurations(store, () => now)
    await remembering.getDurations(KEY)
    world.durations.set(KEY, known(5))
    now -= 5 * MINUTE
    await world.pass(5 * MINUTE)
    expect((await remembering.getDurations(KEY))?.runs).toBe(5)
  })

  test('of another kind are others', async () => {
    world.durations.set(KEY, known(5))
    world.durations.set(`${KEY}/8-batches`, known(7, `${KEY}/8-batches`))
    expect([await runsOf(), await runsOf(`${KEY}/8-batches`), await runsOf(), uses.reads]).toEqual([5, 7, 5, 2])
  })

  test('that must be fresh are read, as fresh, and remembered', async () => {
    world.durations.set(KEY, known(5))
    await runsOf()
    world.durations.set(KEY, known(6))
    expect([await runsOf(KEY, { isFresh: true }), await runsOf(), uses]).toEqual([
      6,
      6,
      { reads: 2, fresh: 1, writes: 0 },
    ])
  })

  test('that cannot be read fail, and are read again at once', async () => {
    world.durations.set(KEY, known(5))
    world.hook = () => {
      throw new Error('throttled')
    }
    await expect(runsOf()).rejects.toThrow('throttled')
    world.hook = () => {}
    expect([await runsOf(), uses.reads]).toEqual([5, 2])
  })

  test('that were written are not read', async () => {
    expect([await store.saveDurations({ ...known(3), version: 1 }), await runsOf(), uses.reads]).toEqual([true, 3, 0])
  })

  test('that another worker wrote first are not taken for written', async () => {
    world.durations.set(KEY, known(5))
    await runsOf()
    expect([await store.saveDurations({ ...known(9), version: 4 }), await runsOf()]).toEqual([false, 5])
  })
})

test('all else is asked of the store each time', async () => {
  const { id } = await world.accept({})
  const asked: string[] = []
  world.hook = (port, when) => void (when === 'before' && asked.push(port))
  expect([(await store.get(id))?.id, (await store.get(id))?.id, asked]).toEqual([id, id, ['get', 'get']])
})

describe('a run that is learnt', () => {
  const learnOnce = async (random: number): Promise<void> => learn({ ...world.ports, store }, await endedRun(), random)

  test('is added to what is stored, not to what is remembered', async () => {
    world.durations.set(KEY, known(5))
    await durationsOf({ ...world.ports, store }, await endedRun())
    world.durations.set(KEY, known(8))
    await learnOnce(0)
    expect(world.durations.get(KEY)).toMatchObject({ runs: 9, version: 9 })
  })

  test('of a kind of which there are many, and not counted, costs nothing', async () => {
    const random = seeded(1)
    world.durations.set(KEY, known(100))
    for (let count = 0; count < 1_000; count++) await learnOnce(random())
    expect(uses.writes).toBeLessThan(130)
    expect([uses.reads, uses.fresh]).toEqual([uses.writes + 1, uses.writes])
  })
})
