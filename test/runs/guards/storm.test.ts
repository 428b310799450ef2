import { beforeEach, describe, expect, test } from 'vitest'
import type { Group, Storm } from '../../../lib/runs/guards/settings.ts'
import { DEFAULT_GUARDS, DEFAULT_STORM } from '../../../lib/runs/guards/settings.ts'
import { endStorm, noteAsking, stormIn, stormsOf } from '../../../lib/runs/guards/storm.ts'
import { groupsOf, type NamedGroup } from '../../../lib/runs/guards/subject.ts'
import { createWorld, type World } from '../../world/world.ts'

/** Many resources that ask at once stop everything automatic in their group. */

const [SECOND, MINUTE] = [1000, 60_000]

let world: World
beforeEach(() => {
  world = createWorld()
})

const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const nameOf = (n: number): string => `huawei/dcs/${idOf(n)}`
const groups: readonly NamedGroup[] = groupsOf(nameOf(0), DEFAULT_GUARDS.groups)
let events = 0
const asks = async (n: number, of = groups, runId = `run_${events++}`): Promise<boolean> =>
  (await noteAsking(world.ports, { resource: nameOf(n), runId, groups: of })) === undefined
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)
const ask = async (from: number, to: number): Promise<boolean[]> => {
  const passed: boolean[] = []
  for (const n of numbers(from, to)) passed.push(await asks(n))
  return passed
}
const passed = (list: boolean[]): number => list.filter((one) => one).length
const told = (): string[] => world.announced.map(({ type }) => type)
const inForce = async (): Promise<boolean> => (await stormIn(world.ports, 'everything')).since !== undefined

describe('a storm', () => {
  test('begins with one resource more than allowed, stops that one and all others, and is told once', async () => {
    expect(passed(await ask(0, 10))).toBe(10)
    expect([await inForce(), told()]).toEqual([false, []])
    expect(passed(await ask(10, 80))).toBe(0)
    expect([await inForce(), told()]).toEqual([true, ['storm.began']])
    expect(world.announced[0]).toMatchObject({
      of: 'group/everything',
      reason: expect.stringMatching(/^11 resources asked within 5m, and 10 may: .* POST \/groups\/everything\/resume/),
    })
  })

  test('counts a resource once, however often it asks', async () => {
    for (let times = 0; times < 30; times++) expect(await asks(1)).toBe(true)
    expect(passed(await ask(0, 10))).toBe(10)
    expect(await inForce()).toBe(false)
  })

  test('gives every delivery of an alarm the same answer', async () => {
    const twice = async (n: number, runId: string): Promise<boolean[]> => [
      await asks(n, groups, runId),
      await asks(n, groups, runId),
    ]
    await asks(0, groups, 'first')
    await ask(1, 10)
    expect(await twice(10, 'eleventh')).toEqual([false, false])
    expect([await asks(0, groups, 'first'), await asks(0, groups, 'other')]).toEqual([true, false])
    await world.pass(MINUTE)
    // A later alarm of its resource changes nothing.
    expect([await asks(0, groups, 'other'), await asks(0, groups, 'first')]).toEqual([false, true])
  })

  test('counts a window that slides', async () => {
    await ask(0, 10)
    await world.pass(5 * MINUTE)
    expect(passed(await ask(10, 20))).toBe(10)
    await world.pass(5 * MINUTE - SECOND)
    expect(passed(await ask(20, 21))).toBe(0)
  })

  test('ends once it was calm for so long, and not before: those that ask prolong it', async () => {
    await ask(0, 11)
    await world.pass(10 * MINUTE)
    await ask(11, 22)
    await world.pass(20 * MINUTE - SECOND)
    expect([await inForce(), await asks(1), told()]).toEqual([true, false, ['storm.began']])
    await world.pass(2 * MINUTE)
    expect([await inForce(), await asks(1), told()]).toEqual([false, true, ['storm.began', 'storm.ended']])
  })

  test('is not prolonged by as many as are allowed', async () => {
    await ask(0, 11)
    for (let minute = 0; minute < 19; minute++) {
      expect(passed(await ask(0, 10))).toBe(0)
      await world.pass(MINUTE)
    }
    // They asked in the window of the eleventh as well, for its first five minutes.
    await world.pass(6 * MINUTE)
    expect([await inForce(), told()]).toEqual([false, ['storm.began', 'storm.ended']])
  })

  test('that a person ends is told with the reason, and is counted anew', async () => {
    await ask(0, 11)
    await endStorm(world.ports, 'everything', { by: 'ann', reason: 'the network is back' })
    expect(passed(await ask(0, 10))).toBe(10)
    expect(told()).toEqual(['storm.began', 'storm.ended'])
    await world.pass(SECOND)
    expect(world.announced[1]).toMatchObject({
      by: 'ann',
      reason: expect.stringMatching(/^ann ended the storm .*: the network is back$/),
    })
    await ask(10, 11)
    expect(told()).toEqual(['storm.began', 'storm.ended', 'storm.began'])
    expect(new Set(world.announced.map(({ key }) => key)).size).toBe(world.announced.length)
  })

  test('that nobody has is ended by nobody', async () => {
    await endStorm(world.ports, 'everything', { by: 'ann', reason: 'x' })
    expect([world.documents.size, told()]).toEqual([0, []])
  })

  test.for([10, 100] as const)('of %i is exact among alarms that come at one instant', async (resources) => {
    const storm = { ...DEFAULT_STORM, resources }
    const of: NamedGroup[] = [['everything', { resources: ['*'], storm }]]
    const answers = await Promise.all(numbers(0, resources + 70).map((n) => asks(n, of)))
    expect([passed(answers), told()]).toEqual([resources, ['storm.began']])
  })

  test('writes little, however many ask', async () => {
    let writes = 0
    world.hook = (port, when) => {
      if (port === 'saveDocument' && when === 'before') writes++
    }
    for (let second = 0; second < 600; second++) {
      await ask(second * 10, second * 10 + 10)
      await world.pass(SECOND)
    }
    // Eleven in half a minute, and what is told.
    expect(writes).toBeLessThan((600 / 30) * 11 + 10)
    expect([await inForce(), told()]).toEqual([true, ['storm.began']])
    expect(JSON.stringify(world.documents.get('guard:storm/everything')).length).toBeLessThan(1500)
  })

  test('lets nothing through where it cannot be counted', async () => {
    world.hook = (port) => {
      if (port === 'saveDocument') throw new Error('unreachable')
    }
    await expect(asks(1)).rejects.toThrow('unreachable')
  })
})

const storm: Storm = { resources: 3, withinMs: MINUTE, calmMs: MINUTE }
const everything: NamedGroup = ['everything', { resources: ['*'], storm: DEFAULT_STORM }]
const group = (name: string, more: Partial<Group> = {}): NamedGroup => [name, { resources: ['*'], ...more }]

describe('the storm of a group', () => {
  test.for<[string, NamedGroup[], string[]]>([
    ['replaces the default one', [everything, group('a', { storm })], ['a']],
    ['that is not set leaves the default one', [everything, group('a')], ['everything']],
    ['that is off leaves none', [everything, group('a', { storm: 'off' })], []],
    ['holds beside one that is off', [everything, group('a', { storm }), group('b', { storm: 'off' })], ['a']],
    ['holds beside another', [everything, group('a', { storm }), group('b', { storm })], ['a', 'b']],
    ['is none where the default is off', [group('everything', { storm: 'off' })], []],
  ])('%s', ([, groups, names]) => {
    expect(stormsOf(groups).map(([name]) => name)).toEqual(names)
  })
})

describe('a storm at the time of sending', () => {
  const source = (kind: 'alarm' | 'http') => ({ kind, name: 'x', id: 'x' })

  test.for([
    ['alarm', 'refused', 0],
    ['http', 'succeeded', 1],
  ] as const)('ends queued runs of an %s as %s', async ([kind, state, writes]) => {
    const { id } = await world.accept({ source: source(kind) })
    await ask(0, 11)
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual([state, writes])
    if (state === 'refused')
      expect(world.get(id).outcome?.summary).toMatch(/^nothing was done: storm in group everything/)
  })

  test('leaves alone what was sent', async () => {
    const { id } = await world.accept({ source: source('alarm') })
    await world.pass(5 * SECOND)
    await ask(0, 11)
    await world.pass(10 * MINUTE)
    expect([world.get(id).state, world.cloud.writes.length]).toEqual(['succeeded', 1])
  })

  test('that is over stops nothing, though nobody has noted its end', async () => {
    await ask(0, 11)
    world.sweeps = false
    await world.pass(21 * MINUTE)
    const { id } = await world.accept({ source: source('alarm') })
    await world.pass(MINUTE)
    expect(world.get(id).state).toBe('succeeded')
  })
})
