import { beforeEach, describe, expect, test } from 'vitest'
import { type Deciding, decide } from '../../lib/rules/decide.ts'
import { guardsOf } from '../../lib/rules/guards.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import type { Result } from '../../lib/runs/delivery.ts'
import type { Episode } from '../../lib/runs/episodes/episode.ts'
import { noteRunEnded } from '../../lib/runs/episodes/run-ended.ts'
import { noteVerdict } from '../../lib/runs/guards/disarm.ts'
import { DEFAULT_DISARM } from '../../lib/runs/guards/settings.ts'
import type { Alarm } from '../../lib/sources/alarm.ts'
import { Crash, createWorld, type World } from '../world/world.ts'

/** A trouble from its first alarm to its end: the ladder of its rule, and whether it helped. */

const MINUTE = 60_000
const CACHE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const RESOURCE = `huawei/dcs/${CACHE}`

const RULES = parseRules(
  `
rules:
  - name: ladder
    when: { alarm: dead }
    ladder:
      - { run: dcs.instance.soft-restart, settle: 5m }
      - { run: dcs.instance.restart, settle: 10m }
      - { run: dcs.instance.swap, settle: 5m }
    target: { instanceId: { dimension: id } }
    anyTarget: true
  - { name: single, when: { alarm: slow }, run: dcs.instance.swap, target: { instanceId: { dimension: id } } }
  - { name: untold, when: { alarm: quiet }, run: dcs.instance.swap, tellsResolved: false, target: { instanceId: { dimension: id } } }
  - name: keeps
    when: { alarm: kept }
    run: dcs.instance.swap
    onResolved: keep
    target: { instanceId: { dimension: id } }
  - name: loses
    when: { alarm: full }
    ladder: [{ run: dcs.instance.swap, settle: 5m }, { run: dcs.instance.flush, allowDataLoss: true, approval: required }]
    target: { instanceId: { dimension: id } }
    anyTarget: true
`,
  'r.yml',
)

let world: World
let deciding: Deciding
beforeEach(() => {
  world = createWorld()
  const ports = { ...world.ports, guards: guardsOf(RULES) }
  Object.assign(world.ports, ports)
  deciding = { ports: world.ports, rules: RULES, regions: { huawei: 'cn-north-4' } }
})

let count = 0
const says = (name: string, over: Partial<Alarm> = {}): Promise<Result> =>
  decide(deciding, {
    alarm: {
      ...{ source: 'huawei', identity: 'al1', name, account: '', region: '', status: 'firing', reason: '' },
      ...{ occurredAt: new Date(world.now()).toISOString(), dedupeKey: `d${count++}`, tags: {} },
      ...{ dimensions: { id: CACHE }, ...over },
    },
  })
const resolved = (name: string): Promise<Result> => says(name, { status: 'resolved' })
const episodes = (): Episode[] =>
  [...world.documents.values()].filter(({ kind }) => kind === 'episode') as unknown as Episode[] // as it was stored
const only = (): Episode => {
  const [episode, ...others] = episodes()
  if (!episode || others.length > 0) throw new Error(`${episodes().length} episodes`)
  return episode
}
const writes = (): string[] => world.cloud.writes.map(({ operation }) => operation)
const verdicts = (): (string | undefined)[] => only().rungs.map(({ verdict }) => verdict)
const exhausted = (): string[] =>
  world.announced.filter(({ type }) => type === 'episode.exhausted').map(({ reason }) => reason)
const run = (id = ''): string => world.get(id).state

describe('a ladder', () => {
  test('stops where the first step helps', async () => {
    const { runs: [id] = [], episode } = await says('dead')
    expect(only()).toMatchObject({ id: episode, phase: 'running', resource: RESOURCE, rungs: [{ runId: id }, {}, {}] })
    await world.pass(3 * MINUTE)
    expect([run(id), only().phase]).toEqual(['succeeded', 'settling'])
    expect(await resolved('dead')).toMatchObject({ episode, ignored: expect.stringContaining('which is closed') })
    await world.pass(60 * MINUTE)
    expect([only().phase, only().why, verdicts()]).toEqual([
      'closed',
      'the alarm is resolved',
      ['helped', undefined, undefined],
    ])
    expect([writes(), exhausted()]).toEqual([['dcs.instance.soft-restart'], []])
  })

  test('takes the next step where the alarm still fires after the time to settle, and no later', async () => {
    await says('dead')
    await world.pass(5 * MINUTE)
    expect(writes()).toEqual(['dcs.instance.soft-restart'])
    await world.pass(5 * MINUTE)
    expect(writes()).toEqual(['dcs.instance.soft-restart', 'dcs.instance.restart'])
    await resolved('dead')
    await world.pass(60 * MINUTE)
    expect([only().phase, verdicts()]).toEqual(['closed', ['did-not-help', 'helped', undefined]])
    expect([writes().length, exhausted()]).toEqual([2, []])
  })

  test('ends with people, once, and with all that was tried', async () => {
    await says('dead')
    await world.pass(120 * MINUTE)
    expect(writes()).toEqual(['dcs.instance.soft-restart', 'dcs.instance.restart', 'dcs.instance.swap'])
    expect([only().phase, verdicts()]).toEqual(['exhausted', ['did-not-help', 'did-not-help', 'did-not-help']])
    expect(exhausted()).toEqual([
      expect.stringMatching(
        /^dead \(rule ladder\): the alarm still fires after all .* Tried: dcs.instance.soft-restart \(run_\w+\) succeeded, did-not-help; dcs.instance.restart .*; dcs.instance.swap .* A person must look at/,
      ),
    ])
    await resolved('dead')
    expect(only().phase).toBe('closed')
  })

  test('decides alone while it goes on: other alarms of the trouble start nothing', async () => {
    const { runs: [id] = [], episode } = await says('dead')
    const others = await Promise.all([says('dead'), says('dead')])
    await world.pass(2 * MINUTE)
    others.push(await says('dead'))
    expect(others).toEqual(Array(3).fill(expect.objectContaining({ runs: [id], episode })))
    expect(only().signal.seen).toBe(4)
    expect([writes().length, world.runs.size]).toEqual([1, 1])
  })

  test('goes on after a step that failed', async () => {
    let works = 0
    world.cloud.workFails = () => works++ === 0
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.soft-restart' ? { kind: 'invalid', change: 'none' } : undefined
    await says('dead')
    await world.pass(20 * MINUTE)
    expect(only().rungs[0]).toMatchObject({ state: 'failed', verdict: 'did-not-help' })
    expect(world.get(only().rungs[1]?.runId ?? '').operation).toBe('dcs.instance.restart')
  })

  test('does not go on after a step of which nobody knows whether it began', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.soft-restart' ? { kind: 'unavailable', change: 'unknown' } : undefined
    await says('dead')
    await world.pass(120 * MINUTE)
    expect([run(only().rungs[0]?.runId), only().phase]).toEqual(['unknown', 'exhausted'])
    expect([writes(), exhausted().length]).toEqual([[], 1])
  })

  test('does not delete data without a person', async () => {
    await says('full')
    await world.pass(120 * MINUTE)
    expect([writes(), only().phase]).toEqual([['dcs.instance.swap'], 'exhausted'])
    expect(exhausted()[0]).toContain("the next step, dcs.instance.flush, needs a person's approval")
  })

  test('takes the end of a step, told again, for none of the next', async () => {
    const { runs: [first = ''] = [] } = await says('dead')
    world.hook = (port, when) => {
      if (port === 'create' && when === 'before') throw new Error('unreachable')
    }
    await world.pass(8 * MINUTE)
    expect(only()).toMatchObject({ phase: 'starting', current: 1 })
    await noteRunEnded(world.ports, world.get(first))
    expect(only()).toMatchObject({ phase: 'starting', current: 1 })
    world.hook = () => {}
    await world.pass(120 * MINUTE)
    expect(writes()).toEqual(['dcs.instance.soft-restart', 'dcs.instance.restart', 'dcs.instance.swap'])
  })

  test('takes each step once, whatever crashes', async () => {
    for (let at = 0; at < 40; at++) {
      world = createWorld()
      Object.assign(world.ports, { guards: guardsOf(RULES) })
      deciding = { ports: world.ports, rules: RULES, regions: { huawei: 'cn-north-4' } }
      let uses = 0
      world.hook = (port, when) => {
        if (when === 'after' && ['saveDocument', 'create', 'saveLease', 'send'].includes(port) && uses++ === at)
          throw new Crash()
      }
      const first = { dedupeKey: 'same' }
      await says('dead', first).catch(() => undefined)
      await says('dead', first)
      await world.pass(120 * MINUTE)
      expect([at, writes()]).toEqual([at, ['dcs.instance.soft-restart', 'dcs.instance.restart', 'dcs.instance.swap']])
      expect([at, only().phase, exhausted().length]).toEqual([at, 'exhausted', 1])
    }
  })
})

describe('a rule of one step', () => {
  test('has a verdict as well, and people when it did not help', async () => {
    await says('slow')
    await world.pass(30 * MINUTE)
    expect([only().phase, verdicts(), exhausted().length]).toEqual(['exhausted', ['did-not-help'], 1])
  })

  test('is over where an alarm was resolved before its run ended', async () => {
    await says('slow')
    await world.pass(5_000)
    await resolved('slow')
    await world.pass(30 * MINUTE)
    expect([only().phase, verdicts(), writes().length]).toEqual(['closed', ['helped'], 1])
  })

  test('cannot tell where its source does not tell that an alarm is resolved', async () => {
    await says('quiet')
    await world.pass(30 * MINUTE)
    expect([only().phase, only().why, verdicts()]).toEqual([
      'closed',
      'the alarm was not heard of again',
      ['cannot-tell'],
    ])
  })

  test('did not help where such a source tells again that it fires', async () => {
    await says('quiet')
    await world.pass(4 * MINUTE)
    await says('quiet')
    await world.pass(30 * MINUTE)
    expect([only().phase, verdicts(), writes().length]).toEqual(['exhausted', ['did-not-help'], 1])
  })

  test('starts anew with an alarm that comes after all was tried, in another episode', async () => {
    await says('slow')
    await world.pass(60 * MINUTE)
    await says('slow')
    await world.pass(5_000)
    expect(episodes().map(({ id, phase, why }) => [id.slice(-2), phase, why])).toEqual([
      ['_1', 'closed', expect.stringContaining('the alarm fired anew')],
      ['_2', 'running', undefined],
    ])
    expect(writes().length).toBe(2)
  })

  test.for([
    ['slow', 'cancelled', 'closed'],
    ['kept', 'queued', 'running'],
  ] as const)('of an alarm %s that is resolved leaves a run that waits %s', async ([name, state, phase]) => {
    await world.accept({ operation: 'dcs.instance.restart', idempotencyKey: 'first' })
    await world.pass(5_000)
    world.cloud.workMs = () => 30 * MINUTE
    const other = { ...RULES, rules: RULES.rules.map((rule) => ({ ...rule, collision: 'queue' as const })) }
    const { runs: [id] = [] } = await decide(
      { ...deciding, rules: other },
      {
        alarm: {
          ...{ source: 'huawei', identity: 'a', name, account: '', region: '', status: 'firing', reason: '', tags: {} },
          ...{ occurredAt: new Date(world.now()).toISOString(), dedupeKey: 'q', dimensions: { id: CACHE } },
        },
      },
    )
    await world.pass(10_000)
    expect(run(id)).toBe('queued')
    await resolved(name)
    expect([run(id), only().phase]).toEqual([state, phase])
  })
})

test('a trouble that nobody resolves is closed after a quiet day', async () => {
  await says('slow')
  await world.pass(26 * 60 * MINUTE)
  expect([only().phase, only().why]).toEqual(['closed', expect.stringContaining('nothing was heard of it for a day')])
})

test('an episode ends with its run, also where that names no episode', async () => {
  const { runs: [id = ''] = [] } = await says('slow')
  const { episodeId, ...unnamed } = world.get(id)
  world.runs.set(id, unnamed)
  await world.pass(60 * MINUTE)
  expect([run(id), only().phase, verdicts(), writes().length]).toEqual(['succeeded', 'exhausted', ['did-not-help'], 1])
})

test('an alarm of a rule that has disarmed itself makes no run, and is not told again', async () => {
  for (const episodeId of ['ep_1', 'ep_2', 'ep_3']) {
    await noteVerdict(world.ports, { rule: 'single', episodeId, verdict: 'did-not-help' }, DEFAULT_DISARM)
  }
  expect(await says('slow')).toMatchObject({ refused: expect.stringContaining('rule single disarmed itself') })
  expect([world.runs.size, world.refused.length, episodes().length]).toEqual([0, 0, 0])
})

test('two rules for one resource have an episode each, and the resource one run at a time', async () => {
  await Promise.all([says('dead'), says('slow')])
  await world.pass(120 * MINUTE)
  expect(
    episodes()
      .map(({ rule }) => rule)
      .sort(),
  ).toEqual(['ladder', 'single'])
  expect([world.withoutLease, world.lostLeases]).toEqual([[], []])
  expect(episodes().every(({ phase }) => phase === 'exhausted' || phase === 'closed')).toBe(true)
})

test('fifty alarms at once begin one episode and send one run', async () => {
  const results = await Promise.all(Array.from({ length: 50 }, () => says('dead')))
  await world.pass(2 * MINUTE)
  expect(new Set(results.map(({ episode }) => episode)).size).toBe(1)
  expect([episodes().length, writes()]).toEqual([1, ['dcs.instance.soft-restart']])
})

describe('the policy', () => {
  const under = (policy: string): void => {
    const text = `
rules:
  - name: ladder
    when: { alarm: dead }
    ladder: [{ run: dcs.instance.soft-restart, settle: 1m }, { run: dcs.instance.swap, settle: 1m }]
    target: { instanceId: { dimension: id } }
policy:
${policy}
`
    deciding = { ...deciding, rules: parseRules(text, 'r.yml') }
  }

  test('that does not allow a later step ends the ladder with people', async () => {
    under(`
  - { name: no-swap, who: {}, operations: dcs.instance.swap, resources: '*', allow: false }
  - { name: rest, who: {}, operations: '*', resources: '*', allow: true }`)
    await says('dead')
    await world.pass(60 * MINUTE)
    expect([writes(), only().phase]).toEqual([['dcs.instance.soft-restart'], 'exhausted'])
    expect(exhausted()[0]).toMatch(/the next step, dcs.instance.swap, is not allowed: policy of r.yml:\d+ \(no-swap\)/)
  })

  test('whose budget is used up by the first step lets no later one through', async () => {
    under("  - { name: few, who: {}, operations: '*', resources: '*', allow: true, budget: [1 per 1d] }")
    await says('dead')
    await world.pass(60 * MINUTE)
    expect([writes(), only().phase, run(only().rungs[1]?.runId)]).toEqual([
      ['dcs.instance.soft-restart'],
      'exhausted',
      'refused',
    ])
  })
})
