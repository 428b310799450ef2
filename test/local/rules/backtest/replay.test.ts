import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fateOf, type OutcomeModel } from '../../../../lib/local/rules/backtest/outcome-model.ts'
import { guardOf } from '../../../../lib/local/rules/backtest/reasons.ts'
import { type PastItem, replay } from '../../../../lib/local/rules/backtest/replay.ts'
import { type Database, memoryDatabase } from '../../../../lib/local/sqlite/database.ts'
import { sqliteStore } from '../../../../lib/local/sqlite/store.ts'
import { decidingBy } from '../../../../lib/rules/decide.ts'
import { parseRules } from '../../../../lib/rules/read-rules.ts'
import { accept } from '../../../../lib/runs/accept/accept.ts'
import { addPause } from '../../../../lib/runs/guards/pauses.ts'
import { DEFAULT_GUARDS } from '../../../../lib/runs/guards/settings.ts'
import type { RecordPorts } from '../../../../lib/runs/ports.ts'
import type { Alarm } from '../../../../lib/sources/alarm.ts'
import type { Ticket } from '../../../../lib/sources/ticket.ts'

const [ONE, TWO] = ['2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef', '9c47de18-60fb-4f3e-8a25-7b90cd13e642']
const START = Date.parse('2026-10-01T00:00:00Z')

const RULES = `
lists: { caches: [${ONE}, ${TWO}] }
rules:
  - { name: restart, when: { alarm: dead }, run: dcs.instance.restart, target: { instanceId: { dimension: id } }, anyTarget: true }
  - { name: swap, when: { alarm: slow }, run: dcs.instance.swap, target: { instanceId: { dimension: id } } }
tickets:
  - { name: ask, when: { source: generic, event: swap }, run: dcs.instance.swap, target: { instanceId: { field: id, in: caches } } }
  - { name: reset, when: { source: jira, event: reset }, run: dcs.instance.restart, target: { instanceId: { field: id, in: caches } }, approval: required }
requests:
  - { name: desk, when: { source: generic }, run: dcs.instance.swap, resources: '*' }
`

const MODEL: OutcomeModel = { takesMs: 5 * 60_000, fails: 0, helps: 0, seed: 1 }

let database: Database
beforeEach(() => {
  database = memoryDatabase()
})
afterEach(() => database.close())

const replayed = async (items: PastItem[], model: Partial<OutcomeModel> = {}, rules = RULES) => {
  database.close()
  database = memoryDatabase()
  const decisions = await replay(items, {
    ...{ store: sqliteStore(database), model: { ...MODEL, ...model }, guards: DEFAULT_GUARDS },
    decideWith: (ports) =>
      decidingBy({ ports, rules: parseRules(rules, 'r.yml'), regions: { huawei: 'cn-north-4' } }).decide,
  })
  return decisions.map(({ rule, result, reason }) => [rule, result, ...(reason === undefined ? [] : [guardOf(reason)])])
}

const alarmAt = (minute: number, over: Partial<Alarm> = {}): PastItem => {
  const atMs = START + minute * 60_000
  return {
    atMs,
    item: {
      alarm: {
        ...{ source: 'cloudwatch', identity: 'arn', name: 'dead', account: '', region: '', status: 'firing' },
        occurredAt: new Date(atMs).toISOString(),
        ...{ dedupeKey: `d${minute}`, reason: '', dimensions: { id: ONE }, tags: {} },
        ...over,
      },
    },
  }
}

const ticketAt = (minute: number, over: Partial<Ticket> = {}): PastItem => {
  const atMs = START + minute * 60_000
  return {
    atMs,
    item: {
      ticket: {
        ...{ source: 'generic', event: 'swap', key: 'OPS-1', by: 'me', reason: '', dedupeKey: `t${minute}` },
        ...{ occurredAt: new Date(atMs).toISOString(), fields: { id: ONE } },
        ...over,
      },
    },
  }
}

describe('an alarm of the past', () => {
  test('starts a run, and a repeat of it none', async () => {
    expect(
      await replayed([alarmAt(0), alarmAt(0), alarmAt(0, { dimensions: { id: TWO }, dedupeKey: 'other' })]),
    ).toEqual([
      ['restart', 'run'],
      ['restart', 'repeat'],
      ['restart', 'run'],
    ])
  })

  test('meets the run of another while that takes its time, and what that run answered', async () => {
    const minutes = [0, 4, 6, 11, 36]
    expect(await replayed(minutes.map((minute) => alarmAt(minute)))).toEqual([
      ['restart', 'run'],
      ['restart', 'joined'],
      ['restart', 'refused', 'limit: cooldown 30m'],
      ['restart', 'refused', 'limit: cooldown 30m'],
      ['restart', 'run'],
    ])
    const { runs } = await sqliteStore(database).list({ limit: 10 })
    expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded'])
    const other = alarmAt(202, { name: 'slow' })
    expect(await replayed([alarmAt(200), other])).toEqual([
      ['restart', 'run'],
      ['swap', 'refused', 'another run has the resource'],
    ])
  })

  test('is answered by a success where nothing limits it', async () => {
    const free = `defaults: { cooldown: 0m, limits: [] }\n${RULES}`
    expect(await replayed([alarmAt(0), alarmAt(8), alarmAt(12)], {}, free)).toEqual([
      ['restart', 'run'],
      ['restart', 'refused', 'answered by a run'],
      ['restart', 'run'],
    ])
    expect(await replayed([alarmAt(100), alarmAt(108)], { fails: 1 }, free)).toEqual([
      ['restart', 'run'],
      ['restart', 'run'],
    ])
  })

  test('is refused by the limits, which open again', async () => {
    const limited = `defaults: { cooldown: 0m, limits: [2 per 1h] }\n${RULES}`
    expect(
      await replayed(
        [0, 20, 40, 61].map((minute) => alarmAt(minute)),
        {},
        limited,
      ),
    ).toEqual([
      ['restart', 'run'],
      ['restart', 'run'],
      ['restart', 'refused', 'limit: 2 per 1h per resource'],
      ['restart', 'run'],
    ])
  })

  test('takes as long as is said', async () => {
    const items = [alarmAt(0), alarmAt(50, { name: 'slow' })]
    expect(await replayed(items, { takesMs: 60 * 60_000 })).toContainEqual([
      'swap',
      'refused',
      'another run has the resource',
    ])
  })

  test.for([
    ['resolved', { status: 'resolved' }, ['restart', 'ignored', 'resolved']],
    ['that no rule fits', { name: 'other' }, [undefined, 'ignored', 'no rule fits']],
    ['that came late', { occurredAt: '2026-09-30T23:00:00.000Z' }, ['restart', 'refused', 'age']],
    ['without its target', { dimensions: {} }, ['restart', 'refused', 'target']],
    ['of no instance', { dimensions: { id: 'x' } }, ['restart', 'refused', 'target']],
  ] as const)('%s starts none', async ([, over, expected]) => {
    expect(await replayed([alarmAt(0, over)])).toEqual([expected])
  })

  test('that a run raised starts none', async () => {
    const raised = alarmAt(36, { duringOwnRun: ['dcs.instance.restart'] })
    expect(await replayed([alarmAt(0), alarmAt(2, { duringOwnRun: ['dcs.instance.restart'] })])).toEqual([
      ['restart', 'run'],
      ['restart', 'ignored', 'raised by a run'],
    ])
    expect(await replayed([raised])).toEqual([['restart', 'run']])
  })
})

describe('where a run helps', () => {
  const flapping = [
    alarmAt(0),
    alarmAt(3, { status: 'resolved' }),
    alarmAt(40),
    alarmAt(45, { status: 'resolved' }),
    alarmAt(46, { identity: 'other', dimensions: { id: TWO } }),
    alarmAt(47, { dimensions: { id: TWO }, dedupeKey: 'two' }),
    alarmAt(104),
    alarmAt(110, { status: 'resolved' }),
    alarmAt(170),
  ]

  test('its trouble is over until it was resolved for an hour, and no other trouble is', async () => {
    expect((await replayed(flapping, { helps: 1 })).map(([, result]) => result)).toEqual([
      ...['run', 'ignored', 'spared', 'spared', 'run', 'joined', 'spared', 'spared', 'run'],
    ])
  })

  test('only a success does', async () => {
    const results = (await replayed(flapping, { helps: 1, fails: 1 })).map(([, result]) => result)
    expect(results).not.toContain('spared')
  })
})

test('tickets wait for the run before them, and an approval is taken as given', async () => {
  const reset = { source: 'jira', event: 'reset' }
  expect(await replayed([ticketAt(0), ticketAt(1, reset), ticketAt(2, { fields: { id: 'x' } })])).toEqual([
    ['ask', 'run'],
    ['reset', 'run'],
    ['ask', 'refused', 'target'],
  ])
  const { runs } = await sqliteStore(database).list({ limit: 10 })
  const [second, first] = runs
  // It is tried every quarter of a minute.
  expect(Date.parse(second?.sentAt ?? '') - Date.parse(first?.endedAt ?? '')).toBeGreaterThanOrEqual(0)
  expect(Date.parse(second?.sentAt ?? '') - Date.parse(first?.endedAt ?? '')).toBeLessThanOrEqual(15_000)
  expect(runs.map(({ state }) => state)).toEqual(['succeeded', 'succeeded'])
})

test('a ticket whose turn comes after its deadline is not carried out', async () => {
  const items = [ticketAt(0), ticketAt(1, { source: 'jira', event: 'reset' })]
  expect(await replayed(items, { takesMs: 24 * 3_600_000 })).toEqual([
    ['ask', 'run'],
    ['reset', 'refused', 'the deadline passed while it waited'],
  ])
})

test('a pause keeps runs waiting until it lapses, and what waits too long is refused by that guard', async () => {
  const pause = async (ports: RecordPorts, minutes: number): Promise<void> => {
    const until = new Date(ports.clock() + minutes * 60_000).toISOString()
    await addPause(ports, { id: 'p1', scope: 'all', reason: 'release', by: 'me', until })
  }
  const sentAfter = async (minutes: number) => {
    const [decision] = await replay([alarmAt(0)], {
      ...{ store: sqliteStore(database), model: MODEL, guards: DEFAULT_GUARDS },
      decideWith: (ports) => {
        const { decide } = decidingBy({ ports, rules: parseRules(RULES, 'r.yml'), regions: { huawei: 'cn-north-4' } })
        return async (item) => {
          await pause(ports, minutes)
          return decide(item)
        }
      },
    })
    return decision
  }
  expect(await sentAfter(10)).toMatchObject({ rule: 'restart', result: 'run' })
  const { runs } = await sqliteStore(database).list({ limit: 10 })
  expect(runs.map(({ sentAt }) => sentAt)).toEqual(['2026-10-01T00:10:00.000Z'])
  database.close()
  database = memoryDatabase()
  expect(await sentAfter(48 * 60)).toMatchObject({ rule: 'restart', result: 'refused', guard: 'pause' })
})

test('runs that no event started are steps of ladders', async () => {
  const decisions = await replay([alarmAt(0)], {
    ...{ store: sqliteStore(database), model: MODEL, guards: DEFAULT_GUARDS },
    decideWith: (ports) => {
      const regions = { huawei: 'cn-north-4' }
      const { decide } = decidingBy({ ports, rules: parseRules(RULES, 'r.yml'), regions })
      return async (item) => {
        const result = await decide(item)
        const source = { kind: 'alarm', name: 'cloudwatch', id: 'arn', rule: 'restart' } as const
        const next = { operation: 'dcs.instance.swap', target: { instanceId: ONE }, source, idempotencyKey: 'next' }
        await accept(ports, { ...next, collision: 'queue' }, regions)
        return result
      }
    },
  })
  expect(decisions).toEqual([
    { atMs: START, rule: 'restart', result: 'run' },
    { atMs: START + MODEL.takesMs, rule: 'restart', result: 'rung' },
  ])
})

test('requests are allowed by their rules, many at once as well', async () => {
  const requestAt = (minute: number, operation: string, ...ids: string[]): PastItem => ({
    atMs: START + minute * 60_000,
    item: {
      request: {
        ...{ operation, targets: ids.map((instanceId) => ({ instanceId })), collision: 'queue' },
        ...{ source: { kind: 'ticket', name: 'generic', id: 'm' }, idempotencyKey: `ticket/generic/${minute}` },
      },
    },
  })
  expect(
    await replayed([requestAt(0, 'dcs.instance.swap', ONE, TWO), requestAt(9, 'dcs.instance.flush', ONE)]),
  ).toEqual([
    ['desk', 'run'],
    [undefined, 'refused', expect.stringContaining('no rule of `requests` allows generic')],
  ])
})

test('the fate of a run depends on its id and the seed alone', () => {
  const ids = Array.from({ length: 4000 }, (_, index) => `run_${index}`)
  const fates = (seed: number) => ids.map((id) => fateOf({ takesMs: 0, fails: 0.1, helps: 0.7, seed }, id))
  expect(fates(1)).toEqual(fates(1))
  expect(fates(1)).not.toEqual(fates(2))
  const share = (fate: string) => fates(1).filter((one) => one === fate).length / ids.length
  expect(share('fails')).toBeCloseTo(0.1, 1)
  expect(share('helps')).toBeCloseTo(0.9 * 0.7, 1)
})

test.for([
  ['windows: freeze until Sat 02:00 CST', 'windows'],
  ['policy (line 12) denies dcs.instance.swap on huawei/dcs/2e80', 'policy (line …) denies dcs.instance.swap on …'],
  ['it waits for run run_0a4b; then it goes on', 'it waits for run …'],
] as const)('%s, a guard that is not known here, is %s', ([reason, name]) => {
  expect(guardOf(reason)).toBe(name)
})
