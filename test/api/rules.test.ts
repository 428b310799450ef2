import { beforeEach, describe, expect, test } from 'vitest'
import type { HttpEvent, HttpResult } from '../../lib/api/http/http.ts'
import { armRule, listRules } from '../../lib/api/rules.ts'
import { noteVerdict } from '../../lib/runs/guards/disarm.ts'
import type { Help } from '../../lib/runs/guards/rule-record.ts'
import { DEFAULT_BREAKER, DEFAULT_DISARM, DEFAULT_GUARDS } from '../../lib/runs/guards/settings.ts'
import { createWorld, type World } from '../world/world.ts'
import { problemResponse } from './problem-response.ts'

const MINUTE = 60_000

let world: World
let count: number
beforeEach(() => {
  world = createWorld()
  count = 0
  const rules = {
    restart: { disarm: DEFAULT_DISARM, breaker: DEFAULT_BREAKER },
    free: { disarm: 'off', breaker: 'off' },
  } as const
  world.ports.guards = { ...DEFAULT_GUARDS, rules }
})

async function ask(
  route: typeof listRules,
  event: Partial<HttpEvent> = {},
): Promise<HttpResult & { json: { rules: unknown[]; operations: unknown[] } }> {
  const whole = { headers: {}, isBase64Encoded: false, requestContext: {}, ...event } as HttpEvent // the fields that routes read
  const result = await route(world.ports, whole).catch((error: unknown) => problemResponse(error))
  return { ...result, json: JSON.parse(result.body ?? '{}') }
}
const arm = (name: string, body: unknown) => ask(armRule, { pathParameters: { name }, body: JSON.stringify(body) })
const verdict = (help: Help, rule = 'restart') =>
  noteVerdict(world.ports, { rule, episodeId: `ep_${count++}`, verdict: help }, DEFAULT_DISARM)

const NEVER = { text: 'helped 0 of 0 in 30 days', helped: 0, didNotHelp: 0, cannotTell: 0 }
const CLOSED = { state: 'closed', failed: 0, of: 5, opensAt: 3, failedRunIds: [] }

describe('GET /rules', () => {
  test('shows rules that nobody has used', async () => {
    expect((await ask(listRules)).json).toEqual({
      rules: [
        { name: 'restart', isArmed: true, breaker: CLOSED, helped: NEVER, lastVerdicts: [] },
        { name: 'free', isArmed: true, helped: NEVER, lastVerdicts: [] },
      ],
      operations: [],
    })
  })

  test('shows how often a rule helped, and its last ten verdicts', async () => {
    for (const help of ['helped', 'cannot-tell', 'helped', 'did-not-help'] as const) await verdict(help)
    for (let one = 0; one < 8; one++) await verdict('helped')
    const [restart] = (await ask(listRules)).json.rules
    const newest = Array.from({ length: 10 }, (_, index) => ({ episodeId: `ep_${11 - index}` }))
    expect(restart).toMatchObject({
      helped: { text: 'helped 10 of 12 in 30 days', helped: 10, didNotHelp: 1, cannotTell: 1 },
      lastVerdicts: newest,
    })
  })

  test('shows that a rule is disarmed, unless it says `disarm: off` now', async () => {
    for (const rule of ['restart', 'free']) for (let one = 0; one < 3; one++) await verdict('did-not-help', rule)
    const disarmedAt = new Date(world.now()).toISOString()
    expect((await ask(listRules)).json.rules).toMatchObject([
      { isArmed: false, disarmedAt, disarmReason: 'it did not help 3 times in 24h' },
      { isArmed: true },
    ])
  })

  test('shows breakers that are open or half-open, of operations as well', async () => {
    world.cloud.workFails = () => true
    for (let one = 0; one < 3; one++) {
      const source = { kind: 'alarm' as const, name: 'cloudwatch', id: 'arn', rule: 'restart' }
      await world.accept({ operation: 'dcs.instance.swap', source, idempotencyKey: `key-${one}` })
      await world.pass(5 * MINUTE)
    }
    const failedRunIds = [...world.runs.keys()]
    const open = { state: 'open', failed: 3, of: 5, opensAt: 3, failedRunIds, until: expect.any(String) }
    const { rules, operations } = (await ask(listRules)).json
    expect([rules[0], operations]).toMatchObject([
      { breaker: open },
      [{ operation: 'dcs.instance.swap', breaker: open }],
    ])
    await world.pass(30 * MINUTE)
    expect((await ask(listRules)).json.rules[0]).toMatchObject({ breaker: { state: 'half-open' } })
  })

  test('of a parameter that it does not have is a mistake', async () => {
    expect((await ask(listRules, { queryStringParameters: { name: 'a' } })).statusCode).toBe(400)
  })
})

describe('POST /rules/{name}/arm', () => {
  test('arms a rule, and tells people who did it and why', async () => {
    for (let one = 0; one < 3; one++) await verdict('did-not-help')
    expect(await arm('restart', { reason: 'mended' })).toMatchObject({ statusCode: 200, json: { isArmed: true } })
    expect(await arm('restart', { reason: 'mended' })).toMatchObject({ statusCode: 200, json: { isArmed: true } })
    expect(world.announced).toMatchObject([
      { type: 'rule.disarmed' },
      { type: 'rule.armed', by: 'unauthenticated', reason: 'unauthenticated armed rule restart: mended' },
    ])
  })

  test.for([
    ['restart', {}, 400],
    ['restart', { reason: '' }, 400],
    ['restart', { reason: 'x', more: 1 }, 400],
    ['none', { reason: 'x' }, 404],
    ['constructor', { reason: 'x' }, 404],
  ] as const)('of %s with %j is %i, and arms nothing', async ([name, body, status]) => {
    for (let one = 0; one < 3; one++) await verdict('did-not-help')
    expect((await arm(name, body)).statusCode).toBe(status)
    expect((await ask(listRules)).json.rules[0]).toMatchObject({ isArmed: false })
  })
})
