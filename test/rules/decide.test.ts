import { beforeEach, describe, expect, test } from 'vitest'
import { type Deciding, decide } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import type { Store } from '../../lib/runs/ports.ts'
import type { Alarm } from '../../lib/sources/alarm.ts'
import type { Ticket } from '../../lib/sources/ticket.ts'
import { createWorld, type World } from '../world/world.ts'

const EPISODE = expect.stringMatching(/^ep_[0-9a-f]{24}_1$/)

const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const OTHER = '9c47de18-60fb-4f3e-8a25-7b90cd13e642'

const RULES = parseRules(
  `
defaults: { cooldown: 0m, limits: [] }
lists: { caches: [${CACHE}] }
rules:
  - { name: restart, when: { alarm: dead }, run: dcs.instance.restart, target: { instanceId: { dimension: id } }, anyTarget: true }
  - { name: swap, when: { alarm: slow }, run: dcs.instance.swap, target: { instanceId: { dimension: id } } }
  - { name: late, when: { alarm: reported late }, maxAgeMinutes: 600, run: dcs.instance.restart, target: { instanceId: { dimension: id } }, anyTarget: true }
tickets:
  - { name: ask, when: { source: generic, event: plain }, run: dcs.instance.swap, target: { instanceId: { field: id, in: caches } } }
  - { name: approve, when: { source: jira, event: approved, fields: { kind: cache } }, run: dcs.instance.swap, target: { instanceId: { field: id, in: caches } }, approval: required }
requests:
  - { name: desk, when: { source: generic }, run: dcs.instance.*, resources: huawei/dcs/${CACHE} }
  - { name: eraser, when: { source: generic }, run: dcs.instance.flush, resources: huawei/dcs/${OTHER}, allowDataLoss: true }
`,
  'r.yml',
)

let world: World
let deciding: Deciding
beforeEach(() => {
  world = createWorld()
  deciding = { ports: world.ports, rules: RULES, regions: { huawei: 'cn-north-4' } }
})

const alarm = (over: Partial<Alarm> = {}): { alarm: Alarm } => ({
  alarm: {
    source: 'huawei',
    identity: 'al1',
    name: 'dead',
    account: '',
    region: '',
    status: 'firing',
    occurredAt: new Date(world.now()).toISOString(),
    dedupeKey: 'd1',
    reason: 'it does not answer',
    dimensions: { id: CACHE },
    tags: {},
    ...over,
  },
})
const ticket = (over: Partial<Ticket> = {}): { ticket: Ticket } => ({
  ticket: {
    source: 'generic',
    event: 'plain',
    key: 'OPS-1',
    by: 'me',
    reason: '',
    occurredAt: new Date(world.now()).toISOString(),
    dedupeKey: 't1',
    fields: { id: CACHE, kind: 'cache' },
    ...over,
  },
})
const request = (operation: string, ...ids: string[]) => ({
  request: {
    operation,
    targets: ids.map((instanceId) => ({ instanceId })),
    collision: 'queue' as const,
    source: { kind: 'ticket' as const, name: 'generic', id: 'msg_1' },
    idempotencyKey: 'ticket/generic/msg_1',
  },
})

describe('an alarm', () => {
  test('whose worker comes back when the work that it met has ended is skipped all the same', async () => {
    const { id } = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'first' })
    await world.pass(10_000)
    const first = structuredClone(world.get(id))
    const frozen = world.until(world.now() + 10 * 60_000)
    const real = world.ports.store
    const store: Store = {
      ...real,
      get: (one) => (one === id ? frozen.then(() => first) : real.get(one)),
      create: async (run) => real.create(Object.assign(store, real) && run),
    }
    const decided = decide({ ...deciding, ports: { ...world.ports, store } }, alarm())
    await world.pass(10 * 60_000)
    expect(world.get(id).state).toBe('succeeded')
    const result = await decided
    await world.pass(10 * 60_000)
    const summary = expect.stringContaining(`run ${id} (dcs.instance.swap) has succeeded there since`)
    expect(world.get(result.runs?.[0] ?? '')).toMatchObject({ state: 'refused', outcome: { summary } })
    expect(world.cloud.writes.map(({ operation }) => operation)).toEqual(['dcs.instance.swap'])
  })

  test('that fits starts one run, however often it comes', async () => {
    const results = [await decide(deciding, alarm()), await decide(deciding, alarm()), await decide(deciding, alarm())]
    const [id = ''] = [...world.runs.keys()]
    expect(results).toEqual(Array(3).fill({ subject: 'dead', rule: 'restart', runs: [id], episode: EPISODE }))
    expect([world.runs.size, world.refused.length]).toEqual([1, 0])
  })

  test('that is resolved, or that nothing fits, starts none, and nobody is notified', async () => {
    expect(await decide(deciding, alarm({ status: 'resolved' }))).toEqual({
      subject: 'dead',
      rule: 'restart',
      ignored: 'it is resolved: nothing to do',
    })
    expect(await decide(deciding, alarm({ name: 'other' }))).toEqual({
      subject: 'other',
      ignored: 'no rule fits; closest is restart: alarm is other, not dead',
    })
    expect([world.runs.size, world.refused.length]).toEqual([0, 0])
  })

  test.for([
    ['too old', { occurredAt: '2025-12-31T23:00:00.000Z' }, 'it is 60 min old; at most 30 min are allowed'],
    ['without its target', { dimensions: {} }, 'there is no dimension id for target.instanceId'],
    ['with a target that is spelt wrong', { dimensions: { id: 'x' } }, expect.stringContaining('target.instanceId: ')],
  ] as const)('that fits, but is %s, starts none, and people are notified', async ([, over, reason]) => {
    expect(await decide(deciding, alarm(over))).toEqual({ subject: 'dead', rule: 'restart', refused: reason })
    expect(world.refused).toEqual([
      { source: 'huawei', key: 'd1', subject: 'dead', rule: 'restart', reason, at: '2026-01-01T00:00:00.000Z' },
    ])
    expect(world.runs.size).toBe(0)
  })

  test('that started a run and comes again when it is old is that run, and nobody is notified', async () => {
    const first = await decide(deciding, alarm())
    await world.pass(3_600_000)
    expect(await decide(deciding, alarm({ occurredAt: '2026-01-01T00:00:00.000Z' }))).toEqual(first)
    expect([world.runs.size, world.refused.length]).toEqual([1, 0])
  })

  test('that started a run is that run, also where no target of it is allowed any more', async () => {
    const first = await decide(deciding, alarm())
    const stricter = parseRules(
      `rules: [{ name: restart, when: { alarm: dead }, run: dcs.instance.restart, target: { instanceId: { dimension: id, in: [${OTHER}] } } }]`,
      'r.yml',
    )
    expect(await decide({ ...deciding, rules: stricter }, alarm())).toEqual(first)
    expect([world.runs.size, world.refused.length]).toEqual([1, 0])
  })

  test('that two releases take at once, under other rules, is one run, and nobody is notified of a refusal', async () => {
    const others = parseRules(
      'rules: [{ name: other, when: { alarm: dead }, run: dcs.instance.swap, target: { instanceId: { dimension: id } } }]',
      'r.yml',
    )
    const results = await Promise.all([decide(deciding, alarm()), decide({ ...deciding, rules: others }, alarm())])
    const ids = [...world.runs.keys()]
    expect(results.map(({ runs }) => runs)).toEqual([ids, ids])
    expect([ids.length, world.refused.length]).toEqual([1, 0])
  })

  test('whose refusal cannot be published fails, and must come again', async () => {
    world.hook = (port, when) => {
      if (port === 'publish' && when === 'before') throw new Error('SNS is down')
    }
    await expect(decide(deciding, alarm({ dimensions: {} }))).rejects.toThrow('SNS is down')
  })
})

describe('an alarm that our own run raised', () => {
  const ownAlarm = () =>
    alarm({ name: 'slow', dedupeKey: 'd2', duringOwnRun: ['dcs.instance.swap', 'dcs.instance.restart'] })

  test('starts no other, while that goes on and a quarter of an hour after it', async () => {
    const swap = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'swap' })
    await world.pass(20_000)
    const ours = { subject: 'slow', rule: 'swap', ignored: `our own run ${swap.id} (dcs.instance.swap) raised it` }
    expect(await decide(deciding, ownAlarm())).toEqual(ours)
    await world.pass(10 * 60_000)
    expect(world.get(swap.id).state).toBe('succeeded')
    expect(await decide(deciding, ownAlarm())).toEqual(ours)
    expect(world.runs.size).toBe(1)
  })

  test('starts no other, also where another run has had the instance since', async () => {
    const swap = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'swap' })
    await world.pass(5 * 60_000)
    await world.accept({ operation: 'dcs.instance.flush', idempotencyKey: 'flush' })
    await world.pass(2 * 60_000)
    expect(await decide(deciding, ownAlarm())).toMatchObject({ ignored: expect.stringContaining(swap.id) })
  })

  test.for([
    ['of another instance', OTHER, 60_000],
    ['long after our run', CACHE, 3_600_000],
  ] as const)('is news where it is %s', async ([, id, laterMs]) => {
    await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'swap' })
    await world.pass(laterMs)
    const { alarm: raised } = ownAlarm()
    expect(await decide(deciding, { alarm: { ...raised, dimensions: { id } } })).toHaveProperty('runs')
  })

  test('is news where our run never reached the cloud', async () => {
    const waiting = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'swap' })
    expect(waiting.sentAt).toBeUndefined()
    expect(await decide(deciding, ownAlarm())).toHaveProperty('runs')
  })

  test('is news where it is none that a swap raises', async () => {
    await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'swap' })
    await world.pass(20_000)
    expect(
      await decide(deciding, alarm({ name: 'slow', dedupeKey: 'd2', duringOwnRun: ['dcs.instance.stop'] })),
    ).toHaveProperty('runs')
  })
})

describe('an alarm of what our own run does to its instance', () => {
  const MINUTE = 60_000
  test.for([
    ['as it goes on', 20_000, 0, 1],
    ['just after it', 4 * MINUTE, 0, 1],
    ['before it', -MINUTE, 0, 1],
    ['long after it', 6 * MINUTE, 1, 0],
  ] as const)('%s, reported later, starts the next one or notifies people', async ([, afterMs, runs, refused]) => {
    const startedMs = world.now()
    const { runs: [id = ''] = [] } = await decide(deciding, alarm())
    await world.pass(10 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    const occurredAt = new Date(startedMs + afterMs).toISOString()
    await decide(deciding, alarm({ source: 'alertmanager', dedupeKey: 'd2', occurredAt }))
    expect([world.runs.size - 1, world.refused.length]).toEqual([runs, refused])
  })
})

describe('an alarm that began while a run of ours was at work, and is reported long after', () => {
  const MINUTE = 60_000
  /** Reports an alarm after a successful restart and `meanwhile`. The alarm began ten seconds after the request. */
  const reportedAfter = async (meanwhile: (id: string) => Promise<void>): Promise<void> => {
    const startedMs = world.now()
    const { runs: [id = ''] = [] } = await decide(deciding, alarm())
    await world.pass(5 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    await meanwhile(id)
    const occurredAt = new Date(startedMs + 10_000).toISOString()
    const before = world.runs.size
    const late = alarm({ name: 'reported late', source: 'alertmanager', dedupeKey: 'd2', occurredAt })
    expect(await decide(deciding, late)).toMatchObject({
      refused: expect.stringContaining('has succeeded there since'),
    })
    expect(world.runs.size).toBe(before)
  }

  test('is refused, whichever runs had the instance since', async () => {
    await reportedAfter(async () => {
      for (const operation of ['dcs.instance.flush', 'dcs.instance.swap', 'dcs.instance.soft-restart']) {
        await world.accept({ operation, idempotencyKey: operation })
        await world.pass(4 * MINUTE)
      }
    })
    expect(world.cloud.writes).toHaveLength(4)
  })

  test('is refused, though the topic was down for an hour, and its end was published late', async () => {
    let down = true
    world.hook = (port) => {
      if (port === 'publish' && down) throw new Error('topic is down')
    }
    await reportedAfter(async (id) => {
      await world.pass(60 * MINUTE)
      down = false
      await world.pass(10 * MINUTE)
      expect(world.published.map((run) => run.id)).toEqual([id])
    })
  })
})

test('an alarm of an hour after a run is news, though the end of that run was published just now', async () => {
  let down = true
  world.hook = (port) => {
    if (port === 'publish' && down) throw new Error('topic is down')
  }
  await decide(deciding, alarm())
  await world.pass(60 * 60_000)
  down = false
  await world.pass(10 * 60_000)
  expect(world.published).toHaveLength(1)
  const occurredAt = new Date(world.now() - 60_000).toISOString()
  await decide(deciding, alarm({ source: 'alertmanager', dedupeKey: 'd2', occurredAt }))
  expect([world.runs.size, world.refused.length]).toEqual([2, 0])
})

describe('a ticket', () => {
  test('that fits starts one run', async () => {
    const [first, again] = [await decide(deciding, ticket()), await decide(deciding, ticket())]
    expect(again).toEqual(first)
    expect([...world.runs.values()].map(({ operation, target }) => [operation, target])).toEqual([
      ['dcs.instance.swap', { instanceId: CACHE, region: 'cn-north-4' }],
    ])
  })

  test('that names what is not on the list starts none, and people are notified', async () => {
    expect(await decide(deciding, ticket({ fields: { id: OTHER } }))).toMatchObject({
      rule: 'ask',
      refused: expect.any(String),
    })
    expect([world.runs.size, world.refused.length]).toEqual([0, 1])
  })

  test('that needs approval is asked for by the fields that its rule reads, once', async () => {
    const asked: string[][] = []
    const approvalDenial = async (_: Ticket, paths: string[]) => void asked.push(paths)
    const reading = ticket({ source: 'jira', event: 'approved' })
    const first = await decide(deciding, reading, approvalDenial)
    expect(await decide(deciding, reading, approvalDenial)).toEqual(first)
    expect([asked, world.runs.size]).toEqual([[['id', 'kind']], 1])
  })

  test.for([
    ['was not approved', async () => 'it was declined', 'it was declined'],
    ['cannot be asked about', undefined, 'its approval cannot be read back from this source'],
  ] as const)('that needs approval and %s starts none', async ([, approvalDenial, refused]) => {
    expect(await decide(deciding, ticket({ source: 'jira', event: 'approved' }), approvalDenial)).toEqual({
      subject: 'OPS-1',
      rule: 'approve',
      refused,
    })
    expect([world.runs.size, world.refused.length]).toEqual([0, 1])
  })
})

describe('a direct request', () => {
  test('is carried out where a rule allows it', async () => {
    expect(await decide(deciding, request('dcs.instance.swap', CACHE))).toMatchObject({
      subject: 'msg_1',
      rule: 'desk',
    })
    expect(world.runs.size).toBe(1)
  })

  test.for([
    ['another resource', 'dcs.instance.swap', [OTHER]],
    ['another resource beside an allowed one', 'dcs.instance.swap', [CACHE, OTHER]],
    ['another operation', 'dcs.node.stop', [CACHE]],
    ['an operation that deletes data', 'dcs.instance.flush', [CACHE]],
  ] as const)('is not for %s, and stores nothing', async ([, operation, ids]) => {
    await expect(decide(deciding, request(operation, ...ids))).rejects.toThrow('no rule of `requests` allows generic')
    expect(world.runs.size).toBe(0)
  })

  test('is not for another source', async () => {
    const { request: asked } = request('dcs.instance.swap', CACHE)
    const other = { request: { ...asked, source: { ...asked.source, name: 'jira' } } }
    await expect(decide(deciding, other)).rejects.toThrow('no rule of `requests` allows jira')
    expect(world.runs.size).toBe(0)
  })

  test.for([
    ['119 min', '2025-12-31T22:01:00.000Z', 1, 0],
    ['121 min', '2025-12-31T21:59:00.000Z', 0, 1],
  ] as const)('of %s ago is taken, or people are notified', async ([, occurredAt, runs, refused]) => {
    await decide(deciding, { ...request('dcs.instance.swap', CACHE), occurredAt })
    expect([world.runs.size, world.refused.length]).toEqual([runs, refused])
  })

  test('that comes again when it is old is the run that it was', async () => {
    const reading = { ...request('dcs.instance.swap', CACHE), occurredAt: '2026-01-01T00:00:00.000Z' }
    const first = await decide(deciding, reading)
    await world.pass(3 * 3_600_000)
    expect(await decide(deciding, reading)).toEqual(first)
    expect([world.runs.size, world.refused.length]).toEqual([1, 0])
  })

  test('that started a run is that run, also where no rule allows it any more; another under its key is not', async () => {
    const first = await decide(deciding, request('dcs.instance.swap', CACHE))
    const closed = { ...deciding, rules: parseRules('requests: []', 'r.yml') }
    expect((await decide(closed, request('dcs.instance.swap', CACHE))).runs).toEqual(first.runs)
    await expect(decide(closed, request('dcs.instance.swap', OTHER))).rejects.toThrow('was used for another request')
    expect(world.runs.size).toBe(1)
  })

  test('may delete data where that is said', async () => {
    expect(await decide(deciding, request('dcs.instance.flush', OTHER))).toMatchObject({ rule: 'eraser' })
  })
})
