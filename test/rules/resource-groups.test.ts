import { beforeEach, describe, expect, test } from 'vitest'
import { type Deciding, decide } from '../../lib/rules/decide.ts'
import { guardsOf } from '../../lib/rules/guards.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { DEFAULT_STORM } from '../../lib/runs/guards/settings.ts'
import { endStorm } from '../../lib/runs/guards/storm.ts'
import { createWorld, type World } from '../world/world.ts'

/** `groups`, and the storm stop, from the rule file to what alarms start. */

const MINUTE = 60_000
const groupsIn = (text: string) => guardsOf(parseRules(text, 'r.yml')).groups
const everything = { everything: { resources: ['*'], storm: DEFAULT_STORM } }

describe('groups', () => {
  test.for<[string, object]>([
    ['rules: []', everything],
    ['groups: { caches: { resources: huawei/dcs/* } }', { ...everything, caches: { resources: ['huawei/dcs/*'] } }],
    [
      "groups: { a: { resources: [huawei/dcs/*, '*'], maxAtOnce: 2, maxPercent: 25, minHealthy: 3 } }",
      { ...everything, a: { resources: ['huawei/dcs/*', '*'], maxAtOnce: 2, maxPercent: 25, minHealthy: 3 } },
    ],
    ['defaults: { storm: off }', { everything: { resources: ['*'], storm: 'off' } }],
    [
      'defaults: { storm: { resources: 20 } }',
      { everything: { resources: ['*'], storm: { ...DEFAULT_STORM, resources: 20 } } },
    ],
    [
      'defaults: { storm: { resources: 20, within: 1m } }\ngroups: { a: { resources: huawei/*, storm: { calm: 1h } } }',
      {
        everything: { resources: ['*'], storm: { ...DEFAULT_STORM, resources: 20, withinMs: MINUTE } },
        a: { resources: ['huawei/*'], storm: { resources: 20, withinMs: MINUTE, calmMs: 60 * MINUTE } },
      },
    ],
    [
      'groups: { a: { resources: huawei/*, storm: off } }',
      { ...everything, a: { resources: ['huawei/*'], storm: 'off' } },
    ],
  ])('%s', ([text, groups]) => {
    expect(groupsIn(text)).toEqual(groups)
  })

  test.for<[string, string]>([
    ['{ maxAtOnce: 2 }', 'groups.a.resources: is missing'],
    ['{ resources: huawei/rds/* }', 'groups.a: resources: huawei/rds/* matches none; they are such as huawei/dcs/* or'],
    ['{ resources: huawei/dcs/ }', 'groups.a: resources: huawei/dcs/ matches none'],
    ['{ resources: 2e803f66 }', 'groups.a: resources: 2e803f66 matches none'],
    ['{ resources: huawei/dcs/ABC }', 'groups.a: resources: huawei/dcs/ABC matches none'],
    ["{ resources: '*', maxAtOnce: 0 }", 'groups.a.maxAtOnce: must be a whole number from 1 to 100'],
    ["{ resources: '*', maxAtOnce: 2.5 }", 'groups.a.maxAtOnce: must be a whole number from 1 to 100'],
    ["{ resources: '*', maxPercent: 101 }", 'groups.a.maxPercent: must be a whole number from 1 to 100'],
    ["{ resources: '*', minHealthy: '3' }", 'groups.a.minHealthy: must be a whole number from 1 to 10000'],
    [
      "{ resources: '*', storm: on }",
      'groups.a.storm: must be off, or such as { resources: 10, within: 5m, calm: 15m }',
    ],
    ["{ resources: '*', storm: { within: 0m } }", 'groups.a.storm.within: must be 1m at least'],
    ["{ resources: '*', atOnce: 2 }", 'groups.a.atOnce: is not a known key'],
  ])('%s is a mistake', ([group, message]) => {
    expect(() => groupsIn(`lists: {}\ngroups:\n  a: ${group}\n`)).toThrow(`r.yml:3: ${message}`)
  })

  test.for([
    ['everything', 'is the built-in group of all resources'],
    ['My Caches', 'its name must be lower-case letters'],
  ])('named %s are a mistake', ([name, message]) => {
    expect(() => groupsIn(`groups:\n  ${name}: { resources: '*' }`)).toThrow(`r.yml:2: groups.${name}: ${message}`)
  })
})

describe('a storm of alarms', () => {
  const RULES = parseRules(
    'rules: [{ name: restart, when: { alarm: dead }, run: dcs.instance.restart, target: { instanceId: { dimension: id } }, anyTarget: true }]',
    'r.yml',
  )
  let world: World
  let deciding: Deciding
  beforeEach(() => {
    world = createWorld()
    deciding = { ports: world.ports, rules: RULES, regions: { huawei: 'cn-north-4' } }
  })

  const fires = (n: number) =>
    decide(deciding, {
      alarm: {
        ...{ source: 'huawei', identity: `al${n}`, name: 'dead', account: '', region: '', status: 'firing' },
        ...{ occurredAt: new Date(world.now()).toISOString(), dedupeKey: `d${n}`, reason: 'x', tags: {} },
        dimensions: { id: `2e803f66-fbb0-47ad-b6cb-${String(n).padStart(12, '0')}` },
      },
    })
  const fireAll = (from: number, to: number) =>
    Promise.all(Array.from({ length: to - from }, (_, index) => fires(from + index)))

  test('over 80 caches starts ten runs at most, tells people once, and starts runs again when it is over', async () => {
    const results = await fireAll(0, 80)
    expect([results.filter(({ runs }) => runs).length, results.filter(({ refused }) => refused).length]).toEqual([
      10, 70,
    ])
    expect(results.find(({ refused }) => refused)?.refused).toMatch(/^storm in group everything since 2026-01-01/)
    await world.pass(19 * MINUTE)
    expect(world.cloud.writes.length).toBeLessThanOrEqual(10)
    expect([world.refused, world.announced.map(({ type }) => type)]).toEqual([[], ['storm.began']])
    await world.pass(2 * MINUTE)
    expect(world.announced.map(({ type }) => type)).toEqual(['storm.began', 'storm.ended'])
    const [after] = await fireAll(80, 81)
    await world.pass(MINUTE)
    expect(world.get(after?.runs?.[0] ?? '').state).toBe('succeeded')
  })

  test('that follows what was sent already stops the rest only', async () => {
    const first = await fireAll(0, 4)
    await world.pass(5_000)
    await fireAll(4, 80)
    await world.pass(10 * MINUTE)
    expect(world.cloud.writes.length).toBe(4)
    expect(first.map(({ runs = [] }) => world.get(runs[0] ?? '').state)).toEqual(Array(4).fill('succeeded'))
  })

  test('does not count what started nothing: repeats, and alarms that are answered or over a limit', async () => {
    await fireAll(0, 10)
    await world.pass(3 * MINUTE)
    await fireAll(0, 10)
    expect((await fires(11)).refused).toMatch(/^storm/)
    expect(world.announced[0]?.reason).toMatch(/^11 resources asked within 5m, and 10 may/)
  })

  test('that cannot be counted starts nothing, and the alarm comes again', async () => {
    world.hook = (port) => {
      if (port === 'saveDocument') throw new Error('unreachable')
    }
    await expect(fires(1)).rejects.toThrow('unreachable')
    expect(world.runs.size).toBe(0)
  })

  test('that a person ended starts runs at once', async () => {
    await fireAll(0, 20)
    await endStorm(world.ports, 'everything', { by: 'ann', reason: 'the zone is back' })
    const [result] = await fireAll(30, 31)
    await world.pass(5 * MINUTE)
    expect(world.get(result?.runs?.[0] ?? '').state).toBe('succeeded')
  })
})
