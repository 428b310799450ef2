import { beforeEach, describe, expect, test } from 'vitest'
import { breakerState } from '../../../lib/runs/guards/breaker.ts'
import { noteOutcome } from '../../../lib/runs/guards/note-outcome.ts'
import type { RuleFields } from '../../../lib/runs/guards/rule-record.ts'
import { DEFAULT_GUARDS, type GuardSettings } from '../../../lib/runs/guards/settings.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { Crash, createWorld, type World } from '../../world/world.ts'

/** Runs of alarms that fail again and again send no more of them for a while; then one is tried. */

const MINUTE = 60_000
const BREAKER = { failed: 3, of: 5, restMs: 30 * MINUTE }

let world: World
let count: number
let fails: boolean

beforeEach(() => {
  world = createWorld()
  count = 0
  fails = true
  world.cloud.workFails = () => fails
})

const settings = (more: Partial<GuardSettings> = {}): GuardSettings => ({ ...DEFAULT_GUARDS, ...more })
const breakerOnly = (breaker: typeof BREAKER | 'off') => ({ r: { disarm: 'off', breaker } as const })

/** An alarm asks for a run on an instance of its own. */
function ask(rule = 'r', operation = 'dcs.instance.swap'): Promise<Run> {
  const instanceId = `00000000-0000-4000-8000-${String(count++).padStart(12, '0')}`
  const source = { kind: 'alarm' as const, name: 'cloudwatch', id: 'arn', rule }
  return world.accept({ operation, target: { instanceId }, source, idempotencyKey: `key-${count}` })
}

async function ended(rule?: string, operation?: string): Promise<Run> {
  const { id } = await ask(rule, operation)
  await world.pass(5 * MINUTE)
  return world.get(id)
}

async function trip(): Promise<void> {
  for (let one = 0; one < 3; one++) await ended()
}

const states = (runs: readonly Run[]): string[] => runs.map(({ id }) => world.get(id).state)
const told = (): string[] => world.announced.map(({ type, of }) => `${type} ${of}`)
const document = (id: string): RuleFields => world.documents.get(id) as unknown as RuleFields // as it was written

describe('the state of a breaker', () => {
  /** One letter a run, oldest first: `f` failed, `s` succeeded; a minute apart from 00:00 on. */
  const record = (runs: string, more: Partial<RuleFields> = {}): RuleFields => ({
    outcomes: [...runs].map((letter, index) => ({
      runId: `run_${index}`,
      isFailed: letter === 'f',
      at: new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString(),
    })),
    verdicts: [],
    ...more,
  })

  test.for([
    ['', 0, {}, 'closed'],
    ['ff', 2, {}, 'closed'],
    ['fff', 3, {}, 'open'],
    ['fsfsf', 5, {}, 'open'],
    ['ffssf', 5, {}, 'open'],
    ['ffsssf', 6, {}, 'closed'],
    ['fffsss', 6, {}, 'closed'],
    ['fff', 31, {}, 'open'],
    ['fff', 32, {}, 'half-open'],
    ['fff', 3, { resetAt: '2026-01-01T00:02:00.000Z' }, 'closed'],
    ['ffffff', 6, { resetAt: '2026-01-01T00:02:00.000Z' }, 'open'],
    ['fffsss', 6, { openedAt: '2026-01-01T00:02:00.000Z' }, 'open'],
    ['fffsss', 60, { openedAt: '2026-01-01T00:02:00.000Z' }, 'half-open'],
  ] as const)('after %s at minute %i with %j is %s', ([runs, minute, more, is]) => {
    expect(breakerState(record(runs, more), BREAKER, Date.UTC(2026, 0, 1, 0, minute)).is).toBe(is)
  })
})

describe('a breaker of a rule', () => {
  beforeEach(() => {
    world.ports.guards = settings({ rules: breakerOnly(BREAKER), operationBreaker: 'off' })
  })

  test('refuses runs after three failures, with figures, and people are told once', async () => {
    await trip()
    const failed = [...world.runs.keys()]
    const refused = [await ended(), await ended()]
    expect([states(refused), world.cloud.writes.length]).toEqual([['refused', 'refused'], 3])
    expect(refused[0]).toMatchObject({
      outcome: {
        summary: `nothing was done: 3 of the last 5 runs of rule r failed (${failed.join(', ')}); one is tried after ${new Date(Date.parse(world.get(failed[2] ?? '').endedAt ?? '') + 30 * MINUTE).toISOString()}`,
      },
    })
    expect([told(), world.announced[0]?.runIds]).toEqual([['breaker.opened rule/r'], failed])
  })

  test('leaves other rules, and runs of people, alone', async () => {
    await trip()
    fails = false
    const source = { kind: 'ticket' as const, name: 'jira', id: 'ann', rule: 'r' }
    const person = await world.accept({ operation: 'dcs.instance.swap', source, idempotencyKey: 'person' })
    const other = await ask('other')
    await world.pass(5 * MINUTE)
    expect(states([person, other])).toEqual(['succeeded', 'succeeded'])
  })

  test('runs of people, and runs that were not sent, count for nothing', async () => {
    for (const idempotencyKey of ['a', 'b', 'c', 'd']) {
      await world.accept({ operation: 'dcs.instance.swap', idempotencyKey })
      await world.pass(5 * MINUTE)
    }
    world.cloud.fault = () => ({ kind: 'denied', change: 'none' })
    for (let one = 0; one < 4; one++) await ended()
    expect([world.cloud.writes.length, world.documents.size]).toEqual([4, 0])
  })

  test.for([
    ['alarm', ['operation/dcs.instance.swap', 'rule/r']],
    ['ticket', []],
  ] as const)(
    'a good run of an %s reads the records %j before it is sent and at its end, and writes none',
    async ([kind, own]) => {
      world.ports.guards = settings({ rules: breakerOnly(BREAKER) })
      fails = false
      const { store } = world.ports
      const read: string[] = []
      const getDocument: typeof store.getDocument = (id) => {
        read.push(id)
        return store.getDocument(id)
      }
      world.ports.store = { ...store, getDocument }
      const source = { kind, name: 'cloudwatch', id: 'arn', rule: 'r' }
      const { id } = await world.accept({ operation: 'dcs.instance.swap', source })
      await world.pass(5 * MINUTE)
      const ofBreakers = read
        .filter((one) => /^guard:(rule|operation)\//.test(one))
        .map((one) => one.slice('guard:'.length))
      expect([world.get(id).state, ofBreakers.toSorted()]).toEqual(['succeeded', [...own, ...own].toSorted()])
      expect([...world.documents.keys()].filter((one) => /^guard:(rule|operation)\//.test(one))).toEqual([])
    },
  )

  test('lets one run try after its rest: a success closes it, and people are told once', async () => {
    await trip()
    await world.pass(30 * MINUTE)
    fails = false
    const tried = await ended()
    const next = await ended()
    expect(states([tried, next])).toEqual(['succeeded', 'succeeded'])
    expect(tried.verdicts).toMatchObject([{ guard: 'breaker', says: 'allow' }])
    expect(next.verdicts).toBeUndefined()
    expect(told()).toEqual(['breaker.opened rule/r', 'breaker.closed rule/r'])
    fails = true
    await ended()
    await ended()
    expect(states([await ended()])).toEqual(['failed'])
  })

  test('stays open after a trial that failed, and the next is tried after another rest', async () => {
    await trip()
    await world.pass(30 * MINUTE)
    const runs = [await ended(), await ended()]
    await world.pass(20 * MINUTE)
    runs.push(await ended())
    await world.pass(10 * MINUTE)
    runs.push(await ended())
    expect(states(runs)).toEqual(['failed', 'refused', 'refused', 'failed'])
    expect(told()).toEqual(['breaker.opened rule/r'])
  })

  test('half-open lets one of twenty runs at once through', async () => {
    await trip()
    await world.pass(30 * MINUTE)
    fails = false
    world.tookMs = () => 7
    const runs = await Promise.all(Array.from({ length: 20 }, () => ask()))
    await world.pass(5 * MINUTE)
    expect(world.cloud.writes.length).toBe(4)
    expect(states(runs).toSorted()).toEqual([...Array(19).fill('refused'), 'succeeded'])
    expect(
      runs.map(({ id }) => world.get(id).outcome?.summary).filter((text) => text?.includes('is tried first')),
    ).toHaveLength(19)
  })

  test('a trial that was not sent is replaced by the next run', async () => {
    await trip()
    await world.pass(30 * MINUTE)
    world.cloud.fault = () => ({ kind: 'denied', change: 'none' })
    const lost = await ended()
    world.cloud.fault = () => undefined
    fails = false
    expect(states([lost, await ended(), await ended()])).toEqual(['failed', 'succeeded', 'succeeded'])
  })

  test('a trial whose record is gone is replaced by the next run', async () => {
    await trip()
    await world.pass(30 * MINUTE)
    world.cloud.workMs = () => 60 * MINUTE
    const { id } = await ask()
    await world.pass(MINUTE)
    fails = false
    expect(states([await ended()])).toEqual(['refused'])
    world.runs.delete(id)
    await world.pass(MINUTE)
    world.cloud.workMs = () => MINUTE
    expect(states([await ended()])).toEqual(['succeeded'])
  })

  test('that is off counts, and refuses nothing', async () => {
    world.ports.guards = settings({ rules: breakerOnly('off'), operationBreaker: 'off' })
    await trip()
    expect(states([await ended()])).toEqual(['failed'])
    expect(told()).toEqual([])
  })

  test('that cannot be read lets nothing through', async () => {
    world.hook = (port, when) => {
      if (port === 'getDocument' && when === 'before') throw new Error('unreachable')
    }
    const run = await ask()
    await world.pass(10 * MINUTE)
    expect([states([run]), world.cloud.writes.length]).toEqual([['queued'], 0])
    world.hook = () => {}
    fails = false
    await world.pass(20 * MINUTE)
    expect([states([run]), world.cloud.writes.length]).toEqual([['succeeded'], 1])
  })

  test('whose record cannot be written delays no notification, and is written later', async () => {
    world.hook = (port, when) => {
      if (port === 'saveDocument' && when === 'before') throw new Error('throttled')
    }
    const run = await ended()
    expect([world.published.map(({ id }) => id).includes(run.id), world.documents.size]).toEqual([true, 0])
    world.hook = () => {}
    await world.pass(10 * MINUTE)
    expect(document('guard:rule/r').outcomes).toMatchObject([{ runId: run.id, isFailed: true }])
    expect(world.get(run.id).notifiedAt).toBeDefined()
  })

  test('counts a run once, however often its end is noted', async () => {
    const run = await ended()
    await noteOutcome(world.ports, run)
    await noteOutcome(world.ports, run)
    expect(document('guard:rule/r').outcomes).toHaveLength(1)
  })

  test('that a trial closed is not opened by a repeat of its end', async () => {
    await trip()
    await world.pass(30 * MINUTE)
    fails = false
    const tried = await ended()
    const before = document('guard:rule/r')
    await noteOutcome(world.ports, tried)
    expect(document('guard:rule/r')).toEqual(before)
  })

  test('remembers twenty outcomes', async () => {
    world.ports.guards = settings({ rules: breakerOnly('off'), operationBreaker: 'off' })
    for (let one = 0; one < 25; one++) await ended()
    expect(document('guard:rule/r').outcomes).toHaveLength(20)
  })

  test.for(Array.from({ length: 8 }, (_, at) => at))(
    'is told once and tries one run, where a worker dies at use %i of its record',
    async (nth) => {
      let uses = 0
      const crashes = (port: string): boolean => port.endsWith('Document') && uses++ % 8 === nth
      world.hook = (port, when) => {
        if (when === 'after' && crashes(port)) throw new Crash()
      }
      await trip()
      await world.pass(30 * MINUTE)
      world.hook = () => {}
      const opened = new Set(world.announced.map(({ key }) => key))
      fails = false
      const before = world.cloud.writes.length
      const runs = await Promise.all([ask(), ask(), ask()])
      await world.pass(10 * MINUTE)
      expect([world.cloud.writes.length - before, opened.size]).toEqual([1, 1])
      expect(states(runs).toSorted()).toEqual(['refused', 'refused', 'succeeded'])
    },
  )
})

describe('a breaker of an operation', () => {
  test('counts the runs of all rules, and binds all of them, but no person', async () => {
    world.ports.guards = settings({ operationBreaker: BREAKER })
    const failed = [await ended('a'), await ended('b'), await ended('c')]
    fails = false
    const [swap, restart] = [await ended('d'), await ended('d', 'dcs.instance.restart')]
    expect(states([...failed, swap, restart])).toEqual(['failed', 'failed', 'failed', 'refused', 'succeeded'])
    const person = await world.accept({ operation: 'dcs.instance.swap', idempotencyKey: 'person' })
    await world.pass(5 * MINUTE)
    expect(states([person])).toEqual(['succeeded'])
    expect(world.get(swap.id).outcome?.summary).toContain('3 of the last 5 runs of operation dcs.instance.swap failed')
    expect(told()).toEqual(['breaker.opened operation/dcs.instance.swap'])
    await world.pass(30 * MINUTE)
    expect(states([await ended('e')])).toEqual(['succeeded'])
    expect(told().at(-1)).toBe('breaker.closed operation/dcs.instance.swap')
  })
})
