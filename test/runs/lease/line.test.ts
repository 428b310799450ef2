import { beforeEach, describe, expect, test } from 'vitest'
import type { Held } from '../../../lib/runs/held.ts'
import { noteRest, takeLease, whoHolds } from '../../../lib/runs/lease/lease.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { createWorld, type World } from '../../world/world.ts'

/** Who has a resource next, and what it remembers of those who had it. */

const SECOND = 1_000
const MINUTE = 60_000
const HOUR = 60 * MINUTE
let world: World
let key = 0
beforeEach(() => {
  world = createWorld()
})

const ask = (operation: string): Promise<Run> =>
  world.accept({ operation, collision: 'queue', idempotencyKey: `key-${key++}` })
const lease = () => {
  const [only] = world.leases.values()
  if (!only) throw new Error('no lease')
  return only
}

/** A run that was given up while its work went on. */
async function doubtful(workMs = 41 * MINUTE): Promise<Run> {
  world.cloud.workMs = () => workMs
  const { id } = await ask('dcs.instance.swap')
  await world.pass(42 * MINUTE)
  world.cloud.workMs = () => 20 * SECOND
  expect(world.get(id)).toMatchObject({ state: 'timed-out', outcome: { providerDone: false } })
  return world.get(id)
}

describe('the line', () => {
  test('is in the order in which was asked, not in that of getting there', async () => {
    await ask('dcs.instance.restart')
    let fails = 1
    world.hook = (port, when) => {
      if (port === 'getLease' && when === 'before' && fails-- > 0) throw new Error('throttled')
    }
    world.post = () => [20 * SECOND]
    const second = await ask('dcs.instance.flush')
    await world.pass(SECOND)
    const third = await ask('dcs.instance.stop')
    expect(lease().waiting).toEqual([third.id])
    await world.pass(25 * SECOND)
    expect(lease().waiting).toEqual([second.id, third.id])
  })

  const VERBS = ['restart', 'soft-restart', 'flush', 'stop', 'start']
  /** How often it is observed, in a minute, whether the work of the run in doubt has ended. */
  const probesInAMinute = async (): Promise<number> => {
    const { call } = world.ports
    let observations = 0
    world.ports.call = async (operation, input, place) => {
      if (operation.name === 'dcs.job.show') observations++
      return call(operation, input, place)
    }
    for (const verb of VERBS) {
      await ask(`dcs.instance.${verb}`)
      await world.pass(SECOND)
    }
    await world.pass(MINUTE - VERBS.length * SECOND)
    return observations
  }

  test.for(['at work', 'at rest'] as const)('has one that observes, however many wait: %s', async (shows) => {
    await doubtful(shows === 'at work' ? 1000 * MINUTE : 41 * MINUTE)
    const observations = await probesInAMinute()
    // Every 15 s.
    expect([observations >= 4, observations <= 6]).toEqual([true, true])
  })

  test.for(['at work', 'at rest'] as const)('is kept where it was found %s', async (shows) => {
    await doubtful(shows === 'at work' ? 50 * MINUTE : 41 * MINUTE)
    for (const verb of VERBS) {
      await ask(`dcs.instance.${verb}`)
      await world.pass(SECOND)
    }
    await world.pass(40 * MINUTE)
    expect(world.cloud.writes.slice(1).map(({ operation }) => operation)).toEqual(
      VERBS.map((verb) => `dcs.instance.${verb}`),
    )
  })
})

describe('a resource that was left in doubt', () => {
  const held = async (): Promise<{ next: Run; held: () => Promise<Held | undefined> }> => {
    await doubtful()
    world.sweeps = false
    const next = { ...(await ask('dcs.instance.flush')), state: 'queued' as const }
    world.letters = []
    return { next, held: () => whoHolds(world.ports, next) }
  }

  test.for<[string, [number, boolean | undefined][], boolean]>([
    [
      'four times in a minute',
      [
        [0, true],
        [20, true],
        [40, true],
        [60, true],
      ],
      true,
    ],
    [
      'four times in 59 s',
      [
        [0, true],
        [20, true],
        [40, true],
        [59, true],
      ],
      false,
    ],
    [
      'three times in a minute',
      [
        [0, true],
        [30, true],
        [60, true],
      ],
      false,
    ],
    [
      'often, but close together',
      [
        [0, true],
        [2, true],
        [4, true],
        [6, true],
        [60, true],
      ],
      false,
    ],
    [
      'with failed observations between',
      [
        [0, true],
        [20, true],
        [30, undefined],
        [40, true],
        [60, true],
      ],
      true,
    ],
    [
      'with failed observations only',
      [
        [0, true],
        [20, undefined],
        [40, undefined],
        [60, undefined],
        [80, undefined],
      ],
      false,
    ],
    [
      'but at work between',
      [
        [0, true],
        [20, true],
        [30, false],
        [40, true],
        [60, true],
      ],
      false,
    ],
    [
      'and again, after work',
      [
        [0, true],
        [10, false],
        [20, true],
        [40, true],
        [60, true],
        [80, true],
      ],
      true,
    ],
    [
      'long ago',
      [
        [0, true],
        [20, true],
        [40, true],
        [400, true],
      ],
      false,
    ],
  ])('is free once it was seen at rest: %s', async ([, observations, isFree]) => {
    const { next, held: holder } = await held()
    const begun = world.now()
    for (const [seconds, atRest] of observations) {
      await world.pass(begun + seconds * SECOND - world.now())
      const one = await holder()
      if (one) await noteRest(world.ports, one, { atRest })
    }
    expect('lease' in (await takeLease(world.ports, next))).toBe(isFree)
  })
})

describe('a resource remembers', () => {
  test('the runs that were sent for it, in order, and how they ended', async () => {
    const runs: Run[] = []
    for (const verb of ['restart', 'flush', 'swap', 'stop']) runs.push(await ask(`dcs.instance.${verb}`))
    await world.pass(20 * MINUTE)
    const [first, second, third] = runs.map(({ id }) => world.get(id))
    const past = [first, second, third].map((run) => {
      const { id, operation, state, sentAt, endedAt } = run ?? world.get('')
      return { id, operation, state, sentAt, endedAt }
    })
    expect([lease().history, lease().holder?.runId]).toEqual([past, runs[3]?.id])
  })

  test('not what never was sent', async () => {
    world.cloud.fault = () => ({ kind: 'denied', change: 'none' })
    await ask('dcs.instance.restart')
    await world.pass(MINUTE)
    world.cloud.fault = () => undefined
    await ask('dcs.instance.flush')
    await world.pass(MINUTE)
    expect(lease().history).toEqual([])
  })

  test('forty at most, the newest', async () => {
    const runs: Run[] = []
    for (let index = 0; index < 43; index++) {
      runs.push(await ask('dcs.instance.swap'))
      await world.pass(MINUTE)
    }
    expect(lease().history?.map(({ id }) => id)).toEqual(runs.slice(2, 42).map(({ id }) => id))
  })

  test('for two days', async () => {
    world.sweeps = false
    const first = await ask('dcs.instance.swap')
    await world.pass(MINUTE)
    await ask('dcs.instance.swap')
    await world.pass(47 * HOUR)
    await ask('dcs.instance.swap')
    await world.pass(MINUTE)
    expect(lease().history?.[0]?.id).toBe(first.id)
    await world.pass(HOUR)
    await ask('dcs.instance.swap')
    await world.pass(MINUTE)
    expect(lease().history?.map(({ id }) => id)).not.toContain(first.id)
  })
})
