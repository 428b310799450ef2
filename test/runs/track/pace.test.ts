import { beforeEach, describe, expect, test } from 'vitest'
import { nextPollAt } from '../../../lib/runs/durations/next-poll.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { pollDelaySeconds } from '../../../lib/runs/schedule.ts'
import { firstPollMs, nextPollMs, type Timed } from '../../../lib/runs/track/pace.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import { seeded } from '../../chance.ts'
import { createWorld, type World } from '../../world/world.ts'
import { learnt } from '../durations/series.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const MIDDLE = 0.5
/** Its resource looks the same before and after; it has no job. */
const RESTART = 'dcs.instance.restart'
/** Has a job. */
const SWAP = 'dcs.instance.swap'

let world: World
beforeEach(() => {
  world = createWorld()
})

const tracked = async (name: string, changes: Partial<Run> = {}): Promise<Timed> => {
  const run = await world.accept({ operation: name })
  const operation = CATALOGUE.get(name)
  if (!operation) throw new Error(name)
  const acceptedAt = new Date(world.now()).toISOString()
  return { run: { ...run, state: 'tracking', acceptedAt, ...changes }, operation, durations: world.durations.get(name) }
}
const LONGEST = { [RESTART]: 2_400, [SWAP]: 1_800 }

/** The wait by history, before it is spread. */
const byHistory = (name: keyof typeof LONGEST, ageSeconds: number): number =>
  nextPollAt(world.durations.get(name), ageSeconds, LONGEST[name] ?? 0) - ageSeconds
const inFull = (seconds: number): number => Math.ceil(seconds) * SECOND

const waitAt = (step: Timed, ageSeconds: number, random = MIDDLE): number =>
  nextPollMs(() => random, step, world.now() + ageSeconds * SECOND)

/** As if fifty runs had taken five minutes. */
const teach = (key: string): void => {
  let durations = learnt(undefined, { from: 295, until: 300 })
  for (let run = 1; run < 50; run++) durations = learnt(durations, { from: 295, until: 300 })
  world.durations.set(key, { ...durations, key })
}

const AGES = [0, 3, 20, 100, 290, 310, 900]
const at = (ms: number): string => new Date(world.now() + ms).toISOString()

describe('work that looks as before', () => {
  test('is caught in the act: looks come fast at first, whatever earlier runs took', async () => {
    teach(RESTART)
    const step = await tracked(RESTART)
    expect(firstPollMs(world.ports, step)).toBe(5 * SECOND)
    for (const age of AGES.slice(1)) {
      const seconds = pollDelaySeconds(step.operation.tracking, age * SECOND, MIDDLE)
      expect(waitAt(step, age)).toBe(seconds * SECOND)
    }
    expect(waitAt(step, 5)).toBe(5 * SECOND)
  })

  test.for<[string, Partial<Run>]>([
    ['was seen at work', { sawWork: true }],
    ['has a job', { job: { id: 'job-1' } }],
  ])('but %s is looked at where its end is likely', async ([, changes]) => {
    teach(RESTART)
    const step = await tracked(RESTART, changes)
    for (const age of AGES) expect(waitAt(step, age)).toBe(inFull(byHistory(RESTART, age)))
  })
})

describe('work of a job', () => {
  test.for([false, true])('is looked at where its end is likely; taught: %j', async (taught) => {
    if (taught) teach(SWAP)
    const step = await tracked(SWAP)
    expect(firstPollMs(world.ports, step)).toBe(inFull(byHistory(SWAP, 0)))
    for (const age of AGES) expect(waitAt(step, age)).toBe(inFull(byHistory(SWAP, age)))
  })

  test('comes with its job at once, and is not looked at fast', async () => {
    const step = await tracked(SWAP, { state: 'submitting' })
    expect(firstPollMs(world.ports, step)).toBeGreaterThanOrEqual(10 * SECOND)
  })

  test('that was sent ten minutes after its request is new', async () => {
    const { run, ...timed } = await tracked(SWAP, { state: 'submitting' })
    const { acceptedAt, ...sending } = run
    const first = inFull(byHistory(SWAP, 0))
    await world.pass(10 * MINUTE)
    const deadlineAt = at(30 * MINUTE)
    expect(firstPollMs(world.ports, { run: { ...sending, deadlineAt }, ...timed })).toBe(first)
  })

  test('past its deadline is not looked at all the time', async () => {
    expect(waitAt(await tracked(SWAP), 1_801)).toBeGreaterThan(30 * SECOND)
  })

  test('whose acceptance is dated ahead, by another clock, is looked at as if just accepted', async () => {
    const step = await tracked(SWAP, { acceptedAt: at(MINUTE) })
    expect(waitAt(step, 0)).toBe(inFull(byHistory(SWAP, 0)))
  })
})

describe('while a resource is verified', () => {
  const verifying = (changedMs: number) =>
    tracked(SWAP, {
      state: 'verifying',
      progress: { failures: 0, consecutive: 1, observedCounts: {}, lastObserved: 'CHANGED', since: at(changedMs) },
    })

  test.for([
    [600, 0, 5],
    [600, 5, 5],
    [600, 50, 20],
    [600, 200, 45],
  ])(
    '%i s after acceptance, and %i s after a change, the next look comes in %i s',
    async ([age = 0, since = 0, wait = 0]) => {
      teach(SWAP)
      expect(waitAt(await verifying((age - since) * SECOND), age)).toBe(wait * SECOND)
    },
  )

  test('of which nothing was observed yet, its age decides', async () => {
    const step = await tracked(SWAP, { state: 'verifying' })
    expect(waitAt(step, 50)).toBe(20 * SECOND)
  })
})

describe('looks of runs that began together', () => {
  test.for([SWAP, RESTART])('are spread, of %s', async (name) => {
    const random = seeded(1)
    const step = await tracked(name, { job: { id: 'job-1' } })
    const wait = byHistory(name as keyof typeof LONGEST, 200)
    const waits = Array.from({ length: 300 }, () => waitAt(step, 200, random()))
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(inFull(wait * 0.95))
    expect(Math.max(...waits)).toBeLessThanOrEqual(inFull(wait * 1.05))
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(wait * 0.09 * SECOND - 2 * SECOND)
    expect(new Set(waits).size).toBeGreaterThan(5)
  })

  test.for([
    [0, 0.95],
    [0.5, 1],
    [0.9999, 1.05],
  ])('by what chance says: %d makes it %d of the wait', async ([random = 0, share = 0]) => {
    expect(waitAt(await tracked(SWAP), 200, random)).toBe(inFull(byHistory(SWAP, 200) * share))
  })
})

describe('a failed observation', () => {
  const looksWhere = async (failing: (look: number) => boolean): Promise<number[]> => {
    teach(SWAP)
    world.cloud.workMs = () => 20 * MINUTE
    const looks: number[] = []
    world.cloud.fault = (operation) => {
      if (operation !== 'dcs.job.show') return undefined
      looks.push(world.now())
      return failing(looks.length - 1) ? { kind: 'unavailable', change: 'none' } : undefined
    }
    await world.accept({ operation: SWAP })
    await world.pass(6 * MINUTE)
    return looks.map((look, index) => look - (looks[index - 1] ?? look))
  }

  test('is made again within 45 s, each time, where the next one was minutes away', async () => {
    const [, planned = 0] = await looksWhere(() => false)
    expect(planned).toBeGreaterThan(MINUTE)
    world = createWorld()
    const [, ...waits] = await looksWhere((look) => look < 2)
    expect([waits.slice(0, 2), (waits[2] ?? 0) > 45 * SECOND]).toEqual([Array(2).fill(45 * SECOND), true])
  })

  test('is made again as planned where that is sooner', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.show' && world.now() > start ? { kind: 'unavailable', change: 'none' } : undefined
    const start = world.now()
    const { id } = await world.accept({ operation: RESTART })
    await world.pass(30 * SECOND)
    expect(world.get(id).step).toBeGreaterThan(3)
  })

  test('after the deadline is made again every ten seconds, until the third', async () => {
    const { id, deadlineAt } = await world.accept({ operation: SWAP })
    world.cloud.workMs = () => 1_000 * MINUTE
    await world.pass(SECOND)
    Object.assign(world, { sweeps: false, post: () => [] })
    await world.pass(60 * MINUTE)
    const looks: number[] = []
    world.cloud.fault = () => {
      looks.push(world.now())
      return { kind: 'unavailable', change: 'none' }
    }
    Object.assign(world, { sweeps: true, post: () => [0] })
    await world.pass(5 * MINUTE)
    expect([world.get(id).state, (looks[0] ?? 0) > Date.parse(deadlineAt)]).toEqual(['timed-out', true])
    expect(looks.map((look) => look - (looks[0] ?? 0))).toEqual([0, 10 * SECOND, 20 * SECOND])
  })
})

test('between the deadline and the last look there are few', async () => {
  world.cloud.workMs = () => 1_000 * MINUTE
  const { id } = await world.accept({ operation: SWAP })
  await world.pass(29 * MINUTE)
  await world.pass(59 * SECOND)
  const { step } = world.get(id)
  await world.pass(10 * MINUTE)
  expect(world.get(id).state).toBe('timed-out')
  expect(world.get(id).step - step).toBeLessThan(6)
})
