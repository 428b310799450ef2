import { beforeEach, describe, expect, test } from 'vitest'
import { type Deciding, decide } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import { cancel } from '../../lib/runs/cancel.ts'
import { DEFAULT_GUARDS } from '../../lib/runs/guards/settings.ts'
import { clearLimits, warningsFor } from '../../lib/runs/lease/used-up.ts'
import type { Alarm } from '../../lib/sources/alarm.ts'
import { createWorld, type World } from '../world/world.ts'
import { itemOf, SOURCE_FORMS } from './source-forms.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const RESOURCE = `huawei/dcs/${CACHE}`

let world: World
beforeEach(() => {
  world = createWorld()
  // Rules that never help stop by themselves, which is not what is tested here.
  const rules = Object.fromEntries(
    ['swap', 'restart'].map((name) => [name, { disarm: 'off', breaker: 'off' } as const]),
  )
  Object.assign(world.ports, { guards: { ...DEFAULT_GUARDS, rules, operationBreaker: 'off' } })
})

/** Rules that restart, or swap, the instance that an alarm names. */
const decidingBy = (defaults = '', ofRules = ''): Deciding => ({
  ports: world.ports,
  regions: { huawei: 'cn-north-4' },
  rules: parseRules(
    `
${defaults}
lists: { caches: [${CACHE}] }
rules:
  - { name: swap, when: { alarm: slow }, run: dcs.instance.swap, target: { instanceId: { dimension: id } } ${ofRules} }
  - { name: restart, when: { alarm: '*' }, run: dcs.instance.restart, target: { instanceId: { dimension: id } }, anyTarget: true ${ofRules} }
tickets:
  - { name: free, when: { source: generic, event: free }, run: dcs.instance.restart, target: { instanceId: { field: id, in: caches } } }
  - { name: rare, when: { source: generic, event: rare }, run: dcs.instance.restart, target: { instanceId: { field: id, in: caches } }, limits: [1 per 1d], cooldown: 1h }
`,
    'r.yml',
  ),
})

let alarms = 0
/** A new transition, at the present time. */
const alarm = (over: Partial<Alarm> = {}): { alarm: Alarm } => ({
  alarm: {
    ...{ source: 'huawei', identity: 'al1', name: 'dead', account: '', region: '', status: 'firing', reason: '' },
    occurredAt: new Date(world.now()).toISOString(),
    dedupeKey: `d${alarms++}`,
    dimensions: { id: CACHE },
    tags: {},
    ...over,
  },
})
const ticket = (event: string) => ({
  ticket: {
    ...{ source: 'generic', event, key: 'OPS-1', by: 'me', reason: '', dedupeKey: `t${alarms++}` },
    occurredAt: new Date(world.now()).toISOString(),
    fields: { id: CACHE },
  },
})
/** The times of the changes that reached the cloud. */
const sentAt = () => [...world.runs.values()].flatMap(({ sentAt }) => (sentAt ? [Date.parse(sentAt)] : []))
const mostWithin = (ms: number) =>
  Math.max(0, ...sentAt().map((from) => sentAt().filter((at) => at >= from && at < from + ms).length))
const flap = async (deciding: Deciding, everyMs: number, forMs: number, over: () => Partial<Alarm> = () => ({})) => {
  for (const until = world.now() + forMs; world.now() < until; ) {
    await decide(deciding, alarm(over()))
    await world.pass(everyMs)
  }
}

describe('an alarm that flaps for a day', () => {
  test.for([1, 7, 25, 40])('every %i min restarts its instance five times, at most twice an hour', async (minutes) => {
    await flap(decidingBy(), minutes * MINUTE, 24 * HOUR)
    expect([sentAt().length, world.cloud.writes.length, mostWithin(HOUR)]).toEqual([5, 5, 2])
    const cooled = sentAt()
      .slice(1)
      .map((at, index) => at - (sentAt()[index] ?? 0))
    expect(Math.min(...cooled)).toBeGreaterThanOrEqual(30 * MINUTE)
  })

  test('notifies people once for each limit that it uses up, not each time', async () => {
    await flap(decidingBy(), 7 * MINUTE, 24 * HOUR)
    expect(world.refused).toEqual([])
    const keys = world.usedUp.map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
    expect(world.usedUp.length).toBeLessThanOrEqual(8)
    expect(world.usedUp.at(-1)).toMatchObject({ limit: '5 per 24h per resource', of: RESOURCE, by: { length: 5 } })
  })

  test('by three sources, two rules and in names of its own, is one loop', async () => {
    const sources = ['huawei', 'alertmanager', 'grafana']
    const names = ['dead', 'slow', 'gone']
    await flap(decidingBy(), 5 * MINUTE, 12 * HOUR, () => ({
      source: sources[alarms % 3] ?? '',
      name: names[alarms % 2] ?? '',
    }))
    expect([world.cloud.writes.length, mostWithin(HOUR)]).toEqual([5, 2])
    expect(new Set(world.cloud.writes.map(({ operation }) => operation)).size).toBe(2)
  })

  test('stops until people clear the limits, and then goes on', async () => {
    const deciding = decidingBy()
    await flap(deciding, 7 * MINUTE, 8 * HOUR)
    expect(world.cloud.writes).toHaveLength(5)
    await clearLimits(world.ports, RESOURCE, { by: 'me', reason: 'the disk was replaced' })
    await flap(deciding, 7 * MINUTE, 2 * HOUR)
    expect(world.cloud.writes.length).toBeGreaterThan(6)
    expect(world.leases.get(RESOURCE)?.clearances).toMatchObject([{ by: 'me', reason: 'the disk was replaced' }])
  })
})

describe('the limits of rules', () => {
  test.for([
    ['defaults: { cooldown: 0m, limits: [] }', '', 9],
    ['defaults: { cooldown: 0m, limits: [3 per 2h] }', '', 3],
    ['defaults: { cooldown: 0m, limits: [3 per 2h per rule] }', '', 3],
    ['', ', cooldown: 0m, limits: [1 per 7d]', 1],
    ['', ', cooldown: 45m, limits: []', 2],
    ['defaults: { limits: [] }', ', cooldown: 25m', 3],
  ] as const)('%s %s: %i restarts in 90 min of an alarm every 10 min', async ([defaults, ofRules, restarts]) => {
    world.cloud.workMs = () => 10_000
    await flap(decidingBy(defaults, ofRules), 10 * MINUTE, 90 * MINUTE)
    expect(world.cloud.writes).toHaveLength(restarts)
  })

  test('per rule: a storm over 30 instances starts three runs, and notifies people once', async () => {
    const deciding = decidingBy('', ', limits: [3 per 1h per rule]')
    const ids = Array.from({ length: 30 }, (_, index) => `2e803f66-fbb0-47ad-b6cb-0000000000${10 + index}`)
    for (const id of ids) await decide(deciding, alarm({ dimensions: { id } }))
    await world.pass(10 * MINUTE)
    expect(world.cloud.writes).toHaveLength(3)
    expect(world.usedUp).toMatchObject([{ of: 'rule/restart', limit: '3 per 1h per rule' }])
  })
})

describe('under concurrency', () => {
  test.for(['skip', 'queue'])('20 alarms at once give what one gives (%s)', async (collision) => {
    const deciding = decidingBy('defaults: { limits: [1 per 1h] }', `, collision: ${collision}`)
    await Promise.all(Array.from({ length: 20 }, () => decide(deciding, alarm())))
    await world.pass(HOUR)
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('runs that still wait for the lease are refused, and say why', async () => {
    const deciding = decidingBy('defaults: { cooldown: 0m, limits: [1 per 1h] }', ', collision: queue')
    // A success would answer them.
    world.cloud.workFails = () => true
    const some = Array.from({ length: 4 }, (_, index) => decide(deciding, alarm({ name: index % 2 ? 'slow' : 'dead' })))
    const ids = (await Promise.all(some)).flatMap(({ runs = [] }) => runs)
    await world.pass(HOUR)
    const waited = ids
      .map((id) => world.get(id))
      .filter(({ operation }) => operation !== world.cloud.writes[0]?.operation)
    expect([ids.length, world.cloud.writes.length, waited.length]).toEqual([4, 1, 2])
    for (const run of waited) {
      expect(run).toMatchObject({
        state: 'refused',
        outcome: { summary: expect.stringContaining('1 per 1h per resource is used up') },
      })
    }
    expect(world.usedUp).toHaveLength(1)
  })

  test('of 20 alarms for 20 instances, two run where a rule allows two', async () => {
    // No storm stop: that would come first.
    world.ports.guards = { groups: {}, rules: {} }
    const deciding = decidingBy('', ', limits: [2 per 1h per rule]')
    const id = (index: number) => `2e803f66-fbb0-47ad-b6cb-0000000000${10 + index}`
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => decide(deciding, alarm({ dimensions: { id: id(index) } }))),
    )
    await world.pass(HOUR)
    expect(world.cloud.writes).toHaveLength(2)
  })

  test('people are notified once, however many alarms come at once', async () => {
    const deciding = decidingBy()
    await decide(deciding, alarm())
    await world.pass(8 * MINUTE)
    const results = await Promise.all(Array.from({ length: 20 }, () => decide(deciding, alarm())))
    expect(results.map(({ refused }) => refused?.startsWith('cooldown 30m is used up on'))).toEqual(
      Array(20).fill(true),
    )
    expect([world.usedUp.length, world.refused.length]).toEqual([1, 0])
  })
})

describe('an attempt that never reached the cloud does not count', () => {
  const oneAnHour = () => decidingBy('defaults: { cooldown: 0m, limits: [1 per 1h] }')
  test('a run that is cancelled', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.restart' ? { kind: 'busy', change: 'none' } : undefined
    const { runs: [id = ''] = [] } = await decide(oneAnHour(), alarm())
    await world.pass(MINUTE)
    expect((await cancel(world.ports, id, { by: 'me' }))?.state).toBe('cancelled')
    world.cloud.fault = () => undefined
    await decide(oneAnHour(), alarm())
    await world.pass(MINUTE)
    expect([world.cloud.writes.length, world.usedUp.length]).toEqual([1, 0])
  })

  test('a call that the cloud clearly refused', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.restart' ? { kind: 'denied', change: 'none' } : undefined
    const { runs: [id = ''] = [] } = await decide(oneAnHour(), alarm())
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: expect.stringContaining('nothing was done') },
    })
    world.cloud.fault = () => undefined
    await decide(oneAnHour(), alarm())
    await world.pass(MINUTE)
    expect([world.cloud.writes.length, world.usedUp.length]).toEqual([1, 0])
  })

  test('but a call without an answer does: it may have been carried out', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.restart' ? { kind: 'timeout', change: 'unknown' } : undefined
    await decide(oneAnHour(), alarm())
    await world.pass(20 * MINUTE)
    world.cloud.fault = () => undefined
    expect(await decide(oneAnHour(), alarm())).toMatchObject({
      refused: expect.stringContaining('1 per 1h per resource'),
    })
  })
})

test('attempts that never reached the cloud push nothing out of the count', async () => {
  const deciding = decidingBy()
  for (let runs = 0; runs < 4; runs++) {
    await decide(deciding, alarm())
    await world.pass(61 * MINUTE)
  }
  expect(world.cloud.writes).toHaveLength(4)
  world.cloud.instance(CACHE).status = 'CLOSED'
  await flap(deciding, MINUTE, 150 * MINUTE)
  world.cloud.instance(CACHE).status = 'RUNNING'
  await flap(deciding, 7 * MINUTE, 12 * HOUR)
  expect(world.cloud.writes).toHaveLength(5)
})

test('the count of a rule is kept from its last run on', async () => {
  const deciding = decidingBy('', ', limits: [9 per 1d per rule]')
  const first = world.now()
  await decide(deciding, alarm())
  await world.pass(9 * 24 * HOUR)
  await decide(deciding, alarm())
  expect(Date.parse(world.leases.get('rule/restart')?.until ?? '')).toBeGreaterThan(first + 8 * 24 * HOUR)
})

test.for([-2 * HOUR, -2 * MINUTE, 2 * MINUTE, 3 * HOUR])(
  'limits cleared by a clock %i ms off hold from then on',
  async (aheadMs) => {
    const deciding = decidingBy()
    await flap(deciding, 7 * MINUTE, 2 * HOUR)
    const before = world.cloud.writes.length
    const { clock } = world.ports
    await clearLimits({ ...world.ports, clock: () => clock() + aheadMs }, RESOURCE, { by: 'me', reason: 'mended' })
    await flap(deciding, 7 * MINUTE, 12 * HOUR)
    expect(world.cloud.writes.length - before).toBe(5)
  },
)

test('joining another run uses nothing of the limit of a rule', async () => {
  const deciding = decidingBy('', ', limits: [2 per 1h per rule]')
  await decide(deciding, alarm())
  await decide(deciding, alarm({ source: 'grafana' }))
  const { runs: [id = ''] = [] } = await decide(
    deciding,
    alarm({ dimensions: { id: '2e803f66-fbb0-47ad-b6cb-000000000010' } }),
  )
  await world.pass(5 * MINUTE)
  expect([world.get(id).state, world.cloud.writes.length]).toEqual(['succeeded', 2])
})

test('an attempt counts from when it is sent, not from when it began to wait', async () => {
  const deciding = decidingBy('defaults: { cooldown: 0m, limits: [1 per 1h] }')
  const busyUntil = world.now() + 30 * MINUTE
  world.cloud.fault = (operation) =>
    operation === 'dcs.instance.restart' && world.now() < busyUntil ? { kind: 'busy', change: 'none' } : undefined
  await decide(deciding, alarm())
  await world.pass(65 * MINUTE)
  expect(world.cloud.writes).toHaveLength(1)
  expect(await decide(deciding, alarm())).toMatchObject({ refused: expect.any(String) })
})

test('while the topic is down, the next alarm notifies people', async () => {
  const deciding = decidingBy()
  await decide(deciding, alarm())
  await world.pass(8 * MINUTE)
  let down = true
  world.hook = (port) => {
    if (port === 'publish' && down) throw new Error('topic is down')
  }
  await expect(decide(deciding, alarm())).rejects.toThrow('topic is down')
  down = false
  await decide(deciding, alarm())
  await decide(deciding, alarm())
  expect(world.usedUp).toHaveLength(1)
})

test('after a crash while notifying, the next alarm notifies, ten seconds later', async () => {
  const deciding = decidingBy()
  await decide(deciding, alarm())
  await world.pass(8 * MINUTE)
  let dies = true
  world.ports.publisher.limitReached = ((tell) => async (reached) => {
    if (dies) return new Promise(() => {})
    return tell(reached)
  })(world.ports.publisher.limitReached)
  void decide(deciding, alarm())
  await world.pass(1_000)
  dies = false
  await decide(deciding, alarm())
  expect(world.usedUp).toHaveLength(0)
  await world.pass(10_000)
  await decide(deciding, alarm())
  expect(world.usedUp).toHaveLength(1)
})

describe('people', () => {
  test('are not limited, but warned', async () => {
    const deciding = decidingBy()
    await decide(deciding, alarm())
    await world.pass(8 * MINUTE)
    await decide(deciding, alarm())
    const asked = await decide(deciding, ticket('free'))
    expect(asked.warnings).toEqual([
      expect.stringMatching(/^not for this run, but: cooldown 30m is used up on .* by run_/),
    ])
    await world.pass(5 * MINUTE)
    expect(world.cloud.writes).toHaveLength(2)
    const run = await world.accept({ idempotencyKey: 'by http' })
    expect((await warningsFor(world.ports, run)).warnings).toHaveLength(1)
    await world.pass(5 * MINUTE)
    expect(world.cloud.writes).toHaveLength(3)
  })

  test('are limited where a rule says so', async () => {
    const deciding = decidingBy()
    await decide(deciding, ticket('rare'))
    await world.pass(HOUR)
    expect(await decide(deciding, ticket('rare'))).toMatchObject({
      refused: expect.stringContaining('1 per 24h per resource'),
    })
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('who restart it by hand use nothing of the limits of alarms', async () => {
    for (const key of ['a', 'b', 'c']) {
      await world.accept({ idempotencyKey: key })
      await world.pass(5 * MINUTE)
    }
    await world.pass(10 * MINUTE)
    expect((await decide(decidingBy(), alarm())).runs).toHaveLength(1)
  })
})

const OPEN = 'defaults: { cooldown: 0m, limits: [] }'

describe.for(SOURCE_FORMS.filter(({ kind }) => kind === 'alarm').map((told) => [told.by, told] as const))(
  'told by %s after a success',
  ([, told]) => {
    test.for([
      ['the same alert, merged with that of a replica: it begins earlier', -75_000, {}],
      ['the same alert by another replica, a little later', -45_000, {}],
      ['another alert of the same outage', -40_000, { name: 'RedisSlow' }],
    ] as const)('%s: one write in all, and people are notified once', async ([, beganMs, over]) => {
      const deciding = decidingBy(OPEN)
      const at = world.now()
      const tell = async (began: number, more: object) => {
        const reading = await itemOf(told, at, (sample) => told.setTime(sample, new Date(at + began).toISOString()))
        if (!('alarm' in reading)) throw new Error('no alarm')
        const own = { dedupeKey: `${reading.alarm.dedupeKey} ${JSON.stringify(more)}`, dimensions: { id: CACHE } }
        return decide(deciding, { alarm: { ...reading.alarm, ...own, ...more, duringOwnRun: [] } })
      }
      const { runs: [id = ''] = [] } = await tell(-60_000, {})
      await world.pass(2 * MINUTE)
      expect(world.get(id).state).toBe('succeeded')
      const refused = expect.stringMatching(
        new RegExp(`^run ${id} \\(dcs.instance.restart\\) has succeeded there since`),
      )
      expect([await tell(beganMs, over), await tell(beganMs, { ...over, tags: { again: 'x' } })]).toMatchObject([
        { refused },
        { refused },
      ])
      await world.pass(5 * MINUTE)
      expect([world.cloud.writes.length, world.refused.length, world.usedUp.length]).toEqual([1, 1, 0])
    })
  },
)

test.for([
  ['5 min, unless said otherwise', '', 4, 6],
  ['as the rule says', ', settle: 20m', 19, 21],
] as const)('an alarm that begins after a success is its effect for %s', async ([, ofRules, answered, news]) => {
  const deciding = decidingBy(OPEN, ofRules)
  const { runs: [id = ''] = [] } = await decide(deciding, alarm())
  await world.pass(2 * MINUTE)
  const endedMs = Date.parse(world.get(id).endedAt ?? '')
  await world.pass(25 * MINUTE)
  const began = (minutes: number) => alarm({ occurredAt: new Date(endedMs + minutes * MINUTE).toISOString() })
  expect(await decide(deciding, began(answered))).toMatchObject({ refused: expect.any(String) })
  expect((await decide(deciding, began(news))).runs).toHaveLength(1)
})
