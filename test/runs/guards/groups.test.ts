import { beforeEach, describe, expect, test } from 'vitest'
import { slotsIn, takeSlots } from '../../../lib/runs/guards/groups.ts'
import type { Group } from '../../../lib/runs/guards/settings.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { Crash, createWorld, type World } from '../../world/world.ts'

/** How many resources of a group are worked on at once. */

const [SECOND, MINUTE] = [1000, 60_000]

let world: World
beforeEach(() => {
  world = createWorld()
})

const setGroups = (groups: Record<string, Partial<Group>>): void => {
  const whole = Object.entries(groups).map(([name, group]) => [name, { resources: ['huawei/dcs/*'], ...group }])
  world.ports.guards = { groups: Object.fromEntries(whole), rules: {} }
}
const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const accept = (n: number, kind: 'alarm' | 'http' | 'ticket' = 'alarm', more: object = {}): Promise<Run> =>
  world.accept({
    target: { instanceId: idOf(n) },
    source: { kind, name: 'x', id: 'x' },
    idempotencyKey: `key ${n}`,
    ...more,
  })
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)
const acceptAll = (count: number, kind?: 'alarm' | 'http' | 'ticket'): Promise<Run[]> =>
  Promise.all(numbers(count).map((n) => accept(n, kind)))
const states = (runs: Run[]): string[] => runs.map(({ id }) => world.get(id).state)
const atWork = (count: number): number => numbers(count).filter((n) => world.cloud.instance(idOf(n)).work).length

/** The most that the cloud was ever at work on. */
function gauge(count: number): () => number {
  let most = 0
  const before = world.hook
  world.hook = (port, when) => {
    before(port, when)
    if (port === 'write' || port === 'read') most = Math.max(most, atWork(count))
  }
  return () => most
}

describe('maxAtOnce', () => {
  test.for(['alarm', 'ticket'] as const)(
    'keeps all but two runs of an %s waiting, and all are sent in the end',
    async (kind) => {
      setGroups({ caches: { maxAtOnce: 2 } })
      const most = gauge(50)
      const runs = await acceptAll(50, kind)
      await world.pass(5 * SECOND)
      expect(world.cloud.writes.length).toBe(2)
      await world.pass(4 * 60 * MINUTE)
      expect([new Set(states(runs)), world.cloud.writes.length, most()]).toEqual([new Set(['succeeded']), 50, 2])
    },
  )

  test('says how many are at once, and which', async () => {
    setGroups({ caches: { maxAtOnce: 1 } })
    const [first, second] = [await accept(0), await accept(1)]
    await world.pass(5 * SECOND)
    const reason = `1 of 1 at once in group caches: ${first.id}`
    expect(world.get(second.id)).toMatchObject({
      state: 'queued',
      progress: { lastObserved: reason },
      verdicts: [{ guard: 'group', says: 'wait', reason }],
    })
    expect(await slotsIn(world.ports, 'caches')).toMatchObject([{ slot: { runId: first.id } }])
    await world.pass(10 * MINUTE)
    const allowed = [{ guard: 'group', says: 'allow', reason: '0 of 1 at once in group caches' }]
    expect([first, second].map(({ id }) => world.get(id).verdicts)).toEqual([allowed, allowed])
  })

  test.for([1, 2, 3] as const)('is never exceeded, though workers die and messages come twice (%i)', async (seed) => {
    let state = seed * 7919
    const random = (): number => {
      state = (state * 48_271) % 2_147_483_647
      return state / 2_147_483_647
    }
    world = createWorld(random)
    setGroups({ caches: { maxAtOnce: 2 }, some: { maxAtOnce: 3 } })
    let isRough = false
    world.hook = () => {
      if (isRough && random() < 0.004) throw new Crash()
    }
    world.post = () => (random() < 0.2 ? [0, Math.floor(random() * 90_000)] : [Math.floor(random() * 500)])
    const most = gauge(50)
    const runs = await acceptAll(50)
    isRough = true
    await world.pass(3 * 60 * MINUTE)
    isRough = false
    await world.pass(21 * 60 * MINUTE)
    expect(most()).toBe(2)
    expect([world.withoutLease, world.lostLeases]).toEqual([[], []])
    expect([...world.writesOf.values()].every((count) => count === 1)).toBe(true)
    expect(states(runs).filter((one) => one === 'succeeded').length).toBeGreaterThan(40)
  })

  test('counts runs of people, and does not hold them back', async () => {
    setGroups({ caches: { maxAtOnce: 2 } })
    await acceptAll(4, 'http')
    await world.pass(5 * SECOND)
    const waiting = await accept(9)
    await world.pass(5 * SECOND)
    expect([world.cloud.writes.length, world.get(waiting.id).progress.lastObserved]).toEqual([
      4,
      expect.stringContaining('4 of 2 at once in group caches'),
    ])
  })

  test('counts a run that ended in doubt until its lease is over', async () => {
    setGroups({ caches: { maxAtOnce: 1 } })
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.restart' ? { kind: 'timeout', change: 'unknown' } : undefined
    const doubtful = await accept(0)
    await world.pass(10 * MINUTE)
    world.cloud.fault = () => undefined
    const waiting = await accept(1)
    await world.pass(10 * MINUTE)
    expect([world.get(doubtful.id).state, world.get(waiting.id).state, world.cloud.writes.length]).toEqual([
      'unknown',
      'queued',
      0,
    ])
    await world.pass(80 * MINUTE)
    expect([world.get(waiting.id).state, world.cloud.writes.length]).toEqual(['succeeded', 1])
  })

  test('is not used by a run that never came to be sent', async () => {
    setGroups({ caches: { maxAtOnce: 1 } })
    world.cloud.fault = (_, id) => (id === idOf(0) ? { kind: 'denied', change: 'none' } : undefined)
    const runs = await acceptAll(2)
    await world.pass(3 * MINUTE)
    expect(states(runs)).toEqual(['failed', 'succeeded'])
  })

  test('leaves the resource of a waiting run to others', async () => {
    setGroups({ caches: { maxAtOnce: 1 } })
    await accept(0, 'http')
    await accept(1)
    await world.pass(5 * SECOND)
    await accept(1, 'http', { operation: 'dcs.instance.swap', idempotencyKey: 'swap' })
    await world.pass(5 * SECOND)
    expect(world.cloud.writes.map(({ operation }) => operation)).toEqual(['dcs.instance.restart', 'dcs.instance.swap'])
  })

  test('refuses a run that has waited as long as it may', async () => {
    setGroups({ caches: { maxAtOnce: 1 } })
    world.cloud.workMs = () => 30 * MINUTE
    await accept(0)
    const late = await accept(1, 'alarm', { notAfter: new Date(world.now() + 5 * MINUTE).toISOString() })
    await world.pass(10 * MINUTE)
    expect(world.get(late.id)).toMatchObject({
      state: 'refused',
      outcome: { summary: expect.stringMatching(/1 of 1 at once in group caches: run_.*; it may be sent until/) },
    })
    expect(world.cloud.writes.length).toBe(1)
  })

  test('that cannot be counted lets nothing through', async () => {
    setGroups({ caches: { maxAtOnce: 1 } })
    world.hook = (port) => {
      if (port === 'saveDocument') throw new Error('unreachable')
    }
    const { id } = await accept(0)
    await world.pass(5 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual(['queued', 0])
  })

  test('of two groups holds in both', async () => {
    setGroups({ wide: { maxAtOnce: 5 }, narrow: { maxAtOnce: 1, resources: [`*/${idOf(0)}`, `*/${idOf(1)}`] } })
    await acceptAll(10)
    await world.pass(5 * SECOND)
    const narrow = world.cloud.writes.filter(({ instanceId }) => [idOf(0), idOf(1)].includes(instanceId))
    expect([narrow.length, world.cloud.writes.length]).toEqual([1, 5])
  })
})

describe('maxPercent and minHealthy', () => {
  const know = (count: number): void => numbers(count).forEach((n) => void world.cloud.instance(idOf(n)))
  const calls = (): number => world.cloud.calls.get('dcs.instance.list') ?? 0

  test.for([
    [25, 12, 3],
    [25, 11, 2],
    [25, 3, 1],
    [100, 4, 4],
  ] as const)('%i %% of %i are %i at once', async ([maxPercent, count, most]) => {
    know(count)
    setGroups({ caches: { maxPercent } })
    await acceptAll(count)
    await world.pass(5 * SECOND)
    expect([world.cloud.writes.length, calls()]).toEqual([most, 1])
  })

  test('counts the resources of the group only', async () => {
    know(12)
    const resources = numbers(4).map((n) => `huawei/dcs/${idOf(n)}`)
    setGroups({ caches: { maxPercent: 50, resources } })
    await acceptAll(4)
    await world.pass(5 * SECOND)
    expect(world.cloud.writes.length).toBe(2)
  })

  test('three must stay healthy: of six, one of them broken, two are worked on at once', async () => {
    know(6)
    world.cloud.instance(idOf(5)).status = 'ERROR'
    setGroups({ caches: { minHealthy: 3 } })
    const runs = await acceptAll(4)
    await world.pass(5 * SECOND)
    expect(world.cloud.writes.length).toBe(2)
    const waiting = runs.map(({ id }) => world.get(id)).find(({ state }) => state === 'queued')
    expect(waiting?.progress.lastObserved).toMatch(
      /^2 others of group caches are healthy and left alone, and 3 must be: run_.*, run_/,
    )
    await world.pass(10 * MINUTE)
    expect(states(runs)).toEqual(Array(4).fill('succeeded'))
  })

  test('wait where the cloud does not list its resources, and ask it again', async () => {
    setGroups({ caches: { minHealthy: 0 } })
    const down = { kind: 'unavailable', change: 'none' } as const
    world.cloud.fault = (operation) => (operation === 'dcs.instance.list' ? down : undefined)
    const { id } = await accept(0)
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'queued',
      progress: { lastObserved: expect.stringContaining('its resources cannot be counted: dcs.instance.list') },
    })
    world.cloud.fault = () => undefined
    await world.pass(5 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
  })

  test('ask no cloud for people, and none where no group says so', async () => {
    setGroups({ caches: { minHealthy: 3, maxPercent: 1 } })
    await accept(0, 'http')
    await world.pass(MINUTE)
    setGroups({ caches: { maxAtOnce: 3 } })
    await accept(1)
    await world.pass(MINUTE)
    expect([world.cloud.writes.length, calls()]).toEqual([2, 0])
  })
})

describe('a slot', () => {
  const groups: [string, Group][] = [['caches', { resources: ['*'], maxAtOnce: 1 }]]
  const take = async (run: Run, ports = world.ports): Promise<string[]> =>
    (await takeSlots(ports, { run, groups }, async () => [])).map(({ says }) => says)
  const change = (run: Run, changes: Partial<Run>): Run => {
    const changed = { ...run, ...changes }
    world.runs.set(run.id, changed)
    return changed
  }

  test('of a run that waited and now goes on is not taken by another that still saw it wait', async () => {
    const [first, second] = [await accept(0), await accept(1)]
    expect(await take(first)).toEqual(['allow'])
    const waiting = change(first, { heldBackUntil: first.createdAt })
    const seen: string[][] = []
    const saveDocument: typeof world.ports.store.saveDocument = async (document) => {
      if (seen.length === 0) {
        const { heldBackUntil, ...free } = waiting
        world.runs.set(first.id, free)
        seen.push(await take({ ...free, wasHeldBack: true }))
      }
      return world.ports.store.saveDocument(document)
    }
    const late = await take(second, { ...world.ports, store: { ...world.ports.store, saveDocument } })
    expect([seen, late]).toEqual([[['allow']], ['wait']])
  })

  test.for<[string, Partial<Run>, string]>([
    ['has ended', {}, 'allow'],
    ['has ended and whose unanswered call may still arrive', { mayArriveUntil: '2026-01-01T00:01:00.000Z' }, 'wait'],
  ])('of a run that %s', async ([, ended, says]) => {
    const [first, second] = [await accept(0), await accept(1)]
    await take(first)
    change(first, { state: 'succeeded', outcome: { summary: 'x', providerDone: true }, ...ended })
    expect(await take(second)).toEqual([says])
  })

  test('is taken once by a run that comes twice', async () => {
    const first = await accept(0)
    expect([await take(first), await take(first)]).toEqual([['allow'], ['allow']])
    expect(await slotsIn(world.ports, 'caches')).toHaveLength(1)
  })

  test('passes on to the next run of its resource', async () => {
    const first = await accept(0)
    await take(first)
    const next = await accept(0, 'alarm', { collision: 'queue', idempotencyKey: 'next' })
    expect(await take(next)).toEqual(['allow'])
    expect(await slotsIn(world.ports, 'caches')).toMatchObject([{ slot: { runId: next.id } }])
  })
})

test('a run keeps its place while its backup is made, though it had waited for it', async () => {
  setGroups({ caches: { maxAtOnce: 1 } })
  await accept(0, 'http')
  const backed = await accept(1, 'alarm', { operation: 'dcs.instance.stop', params: { ensureBackup: true } })
  await world.pass(5 * SECOND)
  expect(world.get(backed.id).heldBackUntil).toBeDefined()
  world.cloud.workMs = () => 10 * MINUTE
  await world.pass(2 * MINUTE)
  expect([world.cloud.backedUp, world.get(backed.id).heldBackUntil]).toEqual([[idOf(1)], undefined])
  // A person exceeds the bound.
  await accept(2, 'http')
  const other = await accept(3)
  await world.pass(5 * MINUTE)
  expect([world.get(backed.id).heldBackUntil, world.get(other.id).progress.lastObserved]).toEqual([
    undefined,
    expect.stringContaining(`2 of 1 at once in group caches: ${backed.id}`),
  ])
  await world.pass(60 * MINUTE)
  expect([world.get(other.id).state, world.lostLeases]).toEqual(['succeeded', []])
})
