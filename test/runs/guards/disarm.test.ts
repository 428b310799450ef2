import { beforeEach, describe, expect, test } from 'vitest'
import { arm, noteVerdict } from '../../../lib/runs/guards/disarm.ts'
import type { Help, RuleFields } from '../../../lib/runs/guards/rule-record.ts'
import { DEFAULT_BREAKER, DEFAULT_GUARDS, type Disarm } from '../../../lib/runs/guards/settings.ts'
import { Crash, createWorld, type World } from '../../world/world.ts'

/** A rule that does not help stops itself, until it is armed again. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DISARM: Disarm = { after: 3, withinMs: 24 * HOUR }
const REARMED: Disarm = { ...DISARM, rearmAfterMs: 12 * HOUR }

let world: World
let count: number

beforeEach(() => {
  world = createWorld()
  count = 0
})

const verdict = (help: Help, disarm: Disarm | 'off' = DISARM, episodeId = `ep_${count++}`) =>
  noteVerdict(world.ports, { rule: 'r', episodeId, verdict: help }, disarm)

async function disarm(how: Disarm | 'off' = DISARM): Promise<boolean[]> {
  return [await verdict('did-not-help', how), await verdict('did-not-help', how), await verdict('did-not-help', how)]
}

/** @returns the state of an alarm's run, and its outcome */
async function asked(rule = 'r', kind: 'alarm' | 'ticket' = 'alarm'): Promise<[string, string | undefined]> {
  const source = { kind, name: 'cloudwatch', id: 'arn', rule }
  const { id } = await world.accept({ operation: 'dcs.instance.swap', source, idempotencyKey: `key-${count++}` })
  await world.pass(5 * MINUTE)
  const { state, outcome } = world.get(id)
  return [state, outcome?.summary]
}

const told = (): string[] => world.announced.map(({ type }) => type)
const document = (): RuleFields => world.documents.get('guard:rule/r') as unknown as RuleFields // as it was written
const inMs = (ms: number): string => new Date(world.now() + ms).toISOString()

describe('a rule', () => {
  test.for([
    [['did-not-help', 'did-not-help'], 0, false],
    [['did-not-help', 'did-not-help', 'did-not-help'], 0, true],
    [['did-not-help', 'did-not-help', 'did-not-help'], 11 * HOUR, true],
    [['did-not-help', 'did-not-help', 'did-not-help'], 12 * HOUR, false],
    [['did-not-help', 'helped', 'did-not-help', 'cannot-tell', 'did-not-help'], HOUR, true],
    [['did-not-help', 'helped', 'did-not-help', 'cannot-tell', 'cannot-tell'], HOUR, false],
    [['did-not-help', 'did-not-help', 'did-not-help', 'did-not-help', 'did-not-help'], 9 * HOUR, true],
  ] as const)('of the verdicts %j, %i ms apart, disarms itself: %j', async ([verdicts, apartMs, isDisarmed]) => {
    for (const help of verdicts) {
      await verdict(help)
      await world.pass(apartMs)
    }
    expect(document().disarmedAt !== undefined).toBe(isDisarmed)
    expect(told()).toEqual(isDisarmed ? ['rule.disarmed'] : [])
    expect([(await asked())[0], world.cloud.writes.length]).toEqual(isDisarmed ? ['refused', 0] : ['succeeded', 1])
  })

  test('that is disarmed refuses runs of alarms only, says why and what to do, and is told once', async () => {
    const at = inMs(0)
    expect(await disarm()).toEqual([false, false, true])
    const why = `rule r disarmed itself at ${at}: it did not help 3 times in 24h. POST /rules/r/arm with a reason arms it`
    expect(await asked()).toEqual(['refused', `nothing was done: ${why}`])
    expect((await asked('other'))[0]).toBe('succeeded')
    expect((await asked('r', 'ticket'))[0]).toBe('succeeded')
    await verdict('did-not-help')
    expect(world.announced).toMatchObject([
      {
        ...{ type: 'rule.disarmed', of: 'rule/r', at, episodeId: 'ep_2' },
        reason: 'rule r disarmed itself: it did not help 3 times in 24h. POST /rules/r/arm with a reason arms it',
      },
    ])
  })

  test('with `disarm: off` never disarms itself', async () => {
    expect(await disarm('off')).toEqual([false, false, false])
    expect([(await asked())[0], told(), document().verdicts.length]).toEqual(['succeeded', [], 3])
  })

  test('that was disarmed acts again where its file says `disarm: off` now', async () => {
    await disarm()
    world.ports.guards = { ...DEFAULT_GUARDS, rules: { r: { disarm: 'off', breaker: DEFAULT_BREAKER } } }
    expect((await asked())[0]).toBe('succeeded')
  })

  test('counts an episode once, however often its verdict is noted', async () => {
    for (let one = 0; one < 5; one++) await verdict('did-not-help', DISARM, 'ep')
    expect([document().verdicts.length, told()]).toEqual([1, []])
  })

  test('counts each of twenty verdicts at once, and disarms itself once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => verdict('did-not-help')))
    expect([document().verdicts.length, new Set(world.announced.map(({ key }) => key)).size]).toEqual([20, 1])
  })

  test('remembers verdicts for 30 days, and 200 of them', async () => {
    await verdict('helped')
    await world.pass(31 * 24 * HOUR)
    await verdict('did-not-help')
    expect(document().verdicts).toMatchObject([{ verdict: 'did-not-help' }])
    for (let one = 0; one < 201; one++) await verdict('helped')
    expect(document().verdicts).toHaveLength(200)
  })

  test('whose record cannot be read sends nothing', async () => {
    world.hook = (port, when) => {
      if (port === 'getDocument' && when === 'before') throw new Error('unreachable')
    }
    expect(await asked()).toEqual(['queued', undefined])
    expect(world.cloud.writes).toEqual([])
  })

  test.for([
    ['getDocument', 0],
    ['getDocument', 1],
    ['getDocument', 2],
    ['saveDocument', 0],
    ['saveDocument', 1],
    ['publish', 0],
  ] as const)('is disarmed and told of, where the worker fails after %s %i', async ([port, nth]) => {
    await verdict('did-not-help')
    await verdict('did-not-help')
    let uses = 0
    world.hook = (used, when) => {
      if (when === 'after' && used === port && uses++ === nth) throw new Error('lost')
    }
    await verdict('did-not-help', DISARM, 'last').catch(() => {})
    world.hook = () => {}
    await verdict('did-not-help', DISARM, 'last')
    await world.pass(2 * MINUTE)
    expect([document().verdicts.length, new Set(world.announced.map(({ key }) => key)).size]).toEqual([3, 1])
    expect([(await asked())[0], world.cloud.writes]).toEqual(['refused', []])
  })
})

describe('arming', () => {
  test('by a person lets the rule act again, is told once, and earlier verdicts count no more', async () => {
    await disarm()
    await world.pass(MINUTE)
    await arm(world.ports, 'r', { by: 'ann', reason: 'mended' })
    await arm(world.ports, 'r', { by: 'bob', reason: 'mended' })
    expect(told()).toEqual(['rule.disarmed', 'rule.armed'])
    expect(world.announced.at(-1)).toMatchObject({ of: 'rule/r', by: 'ann', reason: 'ann armed rule r: mended' })
    await world.pass(1)
    await verdict('did-not-help')
    await verdict('did-not-help')
    expect((await asked())[0]).toBe('succeeded')
    await verdict('did-not-help')
    expect((await asked())[0]).toBe('refused')
    expect(told()).toEqual(['rule.disarmed', 'rule.armed', 'rule.disarmed'])
  })

  test('of a rule that is armed changes nothing', async () => {
    await verdict('did-not-help')
    const before = document()
    await arm(world.ports, 'r', { by: 'ann', reason: 'why not' })
    await arm(world.ports, 'never-heard-of', { by: 'ann', reason: 'why not' })
    expect([document(), world.documents.size, told()]).toEqual([before, 1, []])
  })

  test('closes the breaker of the rule, too', async () => {
    world.ports.guards = { ...DEFAULT_GUARDS, operationBreaker: 'off' }
    world.cloud.workFails = () => true
    expect([(await asked())[0], (await asked())[0], (await asked())[0]]).toEqual(['failed', 'failed', 'failed'])
    world.cloud.workFails = () => false
    expect((await asked())[0]).toBe('refused')
    await arm(world.ports, 'r', { by: 'ann', reason: 'mended' })
    expect((await asked())[0]).toBe('succeeded')
    expect(told()).toEqual(['breaker.opened', 'breaker.closed'])
  })

  test('comes by itself after `rearmAfter`, and is told within a minute', async () => {
    const rearmAt = inMs(12 * HOUR)
    await disarm(REARMED)
    expect(await asked()).toEqual(['refused', expect.stringMatching(`arms it; it is armed again at ${rearmAt}$`)])
    await world.pass(12 * HOUR - 6 * MINUTE)
    expect(told()).toEqual(['rule.disarmed'])
    await world.pass(2 * MINUTE)
    expect(told()).toEqual(['rule.disarmed', 'rule.armed'])
    expect(document()).toMatchObject({ armedAt: rearmAt, disarmedAt: undefined })
    expect((await asked())[0]).toBe('succeeded')
    await world.pass(24 * HOUR)
    expect(told()).toEqual(['rule.disarmed', 'rule.armed'])
  })

  test('by itself needs no sweeper, and is told all the same', async () => {
    await disarm(REARMED)
    world.sweeps = false
    await world.pass(12 * HOUR)
    expect((await asked())[0]).toBe('succeeded')
    await verdict('did-not-help')
    expect(told()).toEqual(['rule.disarmed', 'rule.armed'])
  })

  test('by itself comes, though a worker dies at any use of the record', async () => {
    await disarm(REARMED)
    let uses = 0
    world.hook = (port, when) => {
      if (when === 'after' && port.endsWith('Document') && uses++ % 3 === 1) throw new Crash()
    }
    await world.pass(12 * HOUR + 10 * MINUTE)
    expect(new Set(told())).toEqual(new Set(['rule.disarmed', 'rule.armed']))
    expect(new Set(world.announced.map(({ key }) => key)).size).toBe(2)
  })
})
