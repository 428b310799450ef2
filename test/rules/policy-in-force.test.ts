import { beforeEach, describe, expect, test } from 'vitest'
import type { HttpEvent, HttpResult } from '../../lib/api/http/http.ts'
import { clearLimit, showLimits } from '../../lib/api/limits.ts'
import { createBatch, createPlan, createRun } from '../../lib/api/runs/create.ts'
import type { RoutePorts } from '../../lib/api/runs/ports.ts'
import { allowCaller } from '../../lib/rules/allow.ts'
import { type Deciding, decide } from '../../lib/rules/decide.ts'
import { parseRules } from '../../lib/rules/read-rules.ts'
import type { RunRequest } from '../../lib/runs/accept/draft.ts'
import { DEFAULT_GUARDS } from '../../lib/runs/guards/settings.ts'
import type { Alarm } from '../../lib/sources/alarm.ts'
import { problemResponse } from '../api/problem-response.ts'
import { createWorld, type World } from '../world/world.ts'

/** The policy at every door: alarms, tickets, direct requests and HTTP; and its budgets under concurrency. */

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const REGIONS = { huawei: 'cn-north-4' }
const idOf = (index: number): string => `2e803f66-fbb0-47ad-b6cb-0000000000${10 + index}`
const CACHE = idOf(0)
const ROLE = 'arn:aws:sts::111122223333:assumed-role/operators/ann'

let world: World
let keys: number
beforeEach(() => {
  world = createWorld()
  keys = 0
})

const rulesWith = (policy: string) =>
  parseRules(
    `lists: { caches: [${Array.from({ length: 60 }, (_, index) => idOf(index)).join(', ')}] }
rules:
  - { name: restart, when: { alarm: '*' }, run: dcs.instance.restart, target: { instanceId: { dimension: id } }, anyTarget: true, limits: [], cooldown: 0m }
tickets:
  - { name: by-ticket, when: { source: jira, event: e }, run: dcs.instance.restart, target: { instanceId: { field: id, in: caches } } }
  - { name: approved, when: { source: jira, event: a }, run: dcs.instance.restart, target: { instanceId: { field: id, in: caches } }, approval: required }
requests:
  - { name: desk, when: { source: generic }, run: '*', resources: '*' }
policy:
  - { name: one, ${policy} }`,
    'r.yml',
  )
const DENY = (who: string) => rulesWith(`who: ${who}, operations: '*', resources: '*', allow: false, reason: not now`)
const ALLOW = (more: string, who = '{}') =>
  rulesWith(`who: ${who}, operations: '*', resources: '*', allow: true, ${more}`)

const deciding = (rules: Deciding['rules']): Deciding => ({ ports: world.ports, rules, regions: REGIONS })
const alarm = (over: Partial<Alarm> = {}): { alarm: Alarm } => ({
  alarm: {
    ...{ source: 'huawei', identity: 'al1', name: 'dead', account: '', region: '', status: 'firing', reason: '' },
    occurredAt: new Date(world.now()).toISOString(),
    dedupeKey: `d${keys++}`,
    dimensions: { id: CACHE },
    tags: {},
    ...over,
  },
})
const ticket = (event = 'e', id = CACHE) => ({
  ticket: {
    ...{ source: 'jira', event, key: 'OPS-1', by: 'me', reason: '', dedupeKey: `t${keys++}` },
    occurredAt: new Date(world.now()).toISOString(),
    fields: { id },
  },
})
const direct = (key = `k${keys++}`): { request: RunRequest } => ({
  request: {
    ...{ operation: 'dcs.instance.restart', target: { instanceId: CACHE }, collision: 'queue' },
    ...{ source: { kind: 'ticket', name: 'generic', id: key }, idempotencyKey: `ticket/generic/${key}` },
  },
})

interface Ask {
  rules: Deciding['rules']
  body?: object
  caller?: string
  key?: string
}

/** Asks a route as the gateway would let this caller do. */
async function ask(
  route: typeof createRun | typeof createBatch | typeof createPlan,
  { rules, body = { operation: 'dcs.instance.restart', target: { instanceId: CACHE } }, caller = ROLE, key }: Ask,
): Promise<HttpResult & { json: Record<string, unknown> }> {
  const ports: RoutePorts = {
    ...{ ...world.ports, regions: REGIONS, freshKey: () => `fresh-${keys++}` },
    deployment: { home: 'one machine', access: 'none', publicUrl: 'https://ops.example' },
    allow: (request, who) => allowCaller(request, who, { rules, regions: REGIONS }),
    show: async (operation) => ({ api: operation.api, method: 'PUT', host: 'dcs', path: '/', query: {} }),
    sleep: (ms) => world.pass(ms),
  }
  const event = {
    headers: key === undefined ? {} : { 'idempotency-key': key },
    isBase64Encoded: false,
    requestContext: { authorizer: { iam: { userArn: caller } } },
    body: JSON.stringify(body),
  } as unknown as HttpEvent // the fields that routes read
  const context = { getRemainingTimeInMillis: () => 29_000 } as Parameters<typeof createRun>[2] // as above
  const result = await route(ports, event, context).catch((error: unknown) => problemResponse(error))
  return { ...result, json: JSON.parse(result.body ?? '{}') }
}

describe('what the policy does not allow is refused, by line', () => {
  const line = (who: string): string => `policy of r.yml:10 (one) does not allow ${who} to ask for dcs.instance.restart`

  test('to an alarm: people are notified', async () => {
    const result = await decide(deciding(DENY('{ kind: alarm }')), alarm())
    expect(result).toMatchObject({
      rule: 'restart',
      refused: expect.stringContaining(line('alarm of huawei (rule restart)')),
    })
    expect(result.refused).toMatch(/: not now$/)
    expect(world.refused).toMatchObject([{ source: 'huawei', rule: 'restart', reason: result.refused }])
    expect([world.runs.size, world.leases.size]).toEqual([0, 0])
  })

  test('to a ticket, whose approval is not read', async () => {
    for (const event of ['e', 'a']) {
      const result = await decide(deciding(DENY('{ kind: ticket }')), ticket(event), async () =>
        Promise.reject(new Error('not to be read')),
      )
      expect(result.refused).toContain('policy of r.yml:10 (one) does not allow ticket of jira (rule ')
    }
    expect([world.refused.length, world.runs.size]).toEqual([2, 0])
  })

  test('to a direct request', async () => {
    await expect(decide(deciding(DENY('{ source: generic, rule: desk }')), direct())).rejects.toThrow(
      line('ticket of generic (rule desk)'),
    )
    expect(world.runs.size).toBe(0)
  })

  test.for([
    ['a run', createRun],
    ['a plan', createPlan],
  ] as const)('to a caller who asks for %s', async ([, route]) => {
    const { statusCode, json } = await ask(route, { rules: DENY(`{ caller: '${ROLE}' }`) })
    expect([statusCode, json.detail]).toEqual([403, expect.stringContaining(line(JSON.stringify(ROLE)))])
    expect(world.runs.size).toBe(0)
  })

  test('to a batch of which one target is not allowed', async () => {
    const rules = rulesWith(
      `who: {}, operations: '*', resources: huawei/dcs/${idOf(1)}, allow: false }\n  - { name: rest, who: {}, operations: '*', resources: '*', allow: true`,
    )
    const body = (...ids: string[]) => ({
      operation: 'dcs.instance.restart',
      targets: ids.map((instanceId) => ({ instanceId })),
    })
    const refused = await ask(createBatch, { rules, body: body(CACHE, idOf(1), idOf(2)) })
    expect([refused.statusCode, world.runs.size]).toEqual([403, 0])
    expect((await ask(createBatch, { rules, body: body(CACHE, idOf(2)) })).statusCode).toBe(202)
  })

  test('and others are not touched', async () => {
    const rules = rulesWith(
      "who: { kind: alarm }, operations: '*', resources: '*', allow: false }\n  - { name: rest, who: {}, operations: '*', resources: '*', allow: true",
    )
    expect(await decide(deciding(rules), ticket())).toMatchObject({ runs: [expect.any(String)] })
    expect(await decide(deciding(rules), direct())).toMatchObject({ runs: [expect.any(String)] })
    expect(
      (await ask(createRun, { rules, body: { operation: 'dcs.instance.swap', target: { instanceId: idOf(3) } } }))
        .statusCode,
    ).toBe(202)
    expect(world.refused).toEqual([])
  })
})

test('the policy widens nothing: `requests`, `callers` and `allowDataLoss` hold as well', async () => {
  const flush = { operation: 'dcs.instance.flush', target: { instanceId: CACHE } }
  const rules = ALLOW('allowDataLoss: true')
  const { statusCode, json } = await ask(createRun, { rules, body: flush })
  expect([statusCode, json.detail]).toEqual([403, expect.stringContaining('no rule of `callers` allows')])
})

test('an alarm that a run raised itself is ignored, whatever the policy says', async () => {
  await ask(createRun, {
    rules: ALLOW('reason: any'),
    body: { operation: 'dcs.instance.restart', target: { instanceId: CACHE } },
  })
  await world.pass(20_000)
  expect(
    await decide(deciding(DENY('{ kind: alarm }')), alarm({ duringOwnRun: ['dcs.instance.restart'] })),
  ).toMatchObject({ ignored: expect.any(String) })
  expect(world.refused).toEqual([])
})

test('a target that no operation takes is refused as without a policy', async () => {
  const result = await decide(deciding(ALLOW('reason: any')), alarm({ dimensions: { id: 'bad!' } }))
  expect(result.refused).toMatch(/^target\.instanceId/)
})

describe('a changed policy does not undo a run', () => {
  const [before, after] = [ALLOW('reason: any'), DENY('{}')]

  test('of an alarm or a ticket that is delivered again', async () => {
    for (const event of [alarm(), ticket()]) {
      const first = await decide(deciding(before), event)
      expect(await decide(deciding(after), event)).toEqual(first)
      await world.pass(HOUR)
    }
    expect([world.runs.size, world.refused.length]).toEqual([2, 0])
  })

  test('of a direct request, or of a caller, under its key', async () => {
    const request = direct()
    const { runs } = await decide(deciding(before), request)
    expect(await decide(deciding(after), request)).toMatchObject({ runs })
    const { json } = await ask(createRun, {
      rules: before,
      key: 'k',
      body: { operation: 'dcs.instance.restart', target: { instanceId: idOf(1) } },
    })
    const again = await ask(createRun, {
      rules: after,
      key: 'k',
      body: { operation: 'dcs.instance.restart', target: { instanceId: idOf(1) } },
    })
    expect([again.statusCode, again.json.id]).toEqual([202, json.id])
    const other = await ask(createRun, { rules: after, key: 'other' })
    expect(other.statusCode).toBe(403)
  })
})

describe('a budget', () => {
  const restart = (index: number) => ({ operation: 'dcs.instance.restart', target: { instanceId: idOf(index) } })
  const sent = () => world.cloud.writes.length
  const states = () => Object.groupBy([...world.runs.values()], ({ state }) => state)

  test('of 50 requests at once lets exactly so many pass', async () => {
    const rules = ALLOW('budget: [7 per 1d]')
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => ask(createRun, { rules, body: restart(index) })),
    )
    await world.pass(HOUR)
    expect([sent(), states().succeeded?.length, states().refused?.length]).toEqual([7, 7, 43])
    const refused = answers.find(({ statusCode }) => statusCode === 409)
    expect(refused?.json).toMatchObject({ type: expect.stringContaining('limit-used-up') })
    expect(world.usedUp).toHaveLength(1)
  })

  test('of 50 alarms at once lets exactly so many pass', async () => {
    const rules = ALLOW('budget: [7 per 1d]')
    // Fifty resources are a storm as well.
    Object.assign(world.ports, { guards: { ...DEFAULT_GUARDS, groups: {} } })
    const some = Array.from({ length: 50 }, (_, index) =>
      decide(deciding(rules), alarm({ dimensions: { id: idOf(index) } })),
    )
    await Promise.all(some)
    await world.pass(HOUR)
    expect([sent(), world.usedUp.length]).toEqual([7, 1])
  })

  test('of a batch lets so many of its targets pass', async () => {
    const targets = Array.from({ length: 9 }, (_, index) => restart(index).target)
    const body = { operation: 'dcs.instance.restart', targets }
    const { json } = await ask(createBatch, { rules: ALLOW('budget: [4 per 1d]'), body })
    expect(json.states).toMatchObject({ queued: 4, refused: 5 })
  })

  test('says when it opens, names its line, and opens then', async () => {
    const rules = ALLOW('budget: [1 per 1d]')
    const at = world.now()
    await ask(createRun, { rules, body: restart(0) })
    await world.pass(HOUR)
    const refused = await ask(createRun, { rules, body: restart(1) })
    const opensAt = new Date(at + DAY).toISOString()
    expect([refused.statusCode, refused.json.detail]).toEqual([
      409,
      expect.stringMatching(
        new RegExp(
          `1 per 24h per caller by policy of r\\.yml:10 \\(one\\) is used up on caller/one/[0-9a-f]{16} by run_[0-9a-f]+; it opens at ${opensAt}`,
        ),
      ),
    ])
    await world.pass(DAY - HOUR)
    expect((await ask(createRun, { rules, body: restart(1) })).statusCode).toBe(202)
  })

  test('closes nothing before it is used up', async () => {
    const rules = ALLOW('budget: [2 per 1d]')
    await ask(createRun, { rules, body: restart(0) })
    await world.pass(5 * MINUTE)
    expect([sent(), states().succeeded?.length]).toEqual([1, 1])
    expect((await ask(createRun, { rules, body: restart(0) })).statusCode).toBe(202)
  })

  test('is one for each caller, and all sessions of a role are one', async () => {
    const rules = ALLOW('budget: [1 per 1d]')
    const status = async (caller: string, index: number) =>
      (await ask(createRun, { rules, caller, body: restart(index) })).statusCode
    expect(await status(ROLE, 0)).toBe(202)
    expect(await status(ROLE.replace('ann', 'bob'), 1)).toBe(409)
    expect(await status(ROLE.replace('operators', 'admins'), 2)).toBe(202)
    expect(await decide(deciding(rules), alarm({ dimensions: { id: idOf(3) } }))).toHaveProperty('runs')
    expect(await decide(deciding(rules), alarm({ dimensions: { id: idOf(4) } }))).toHaveProperty('refused')
    expect(await decide(deciding(rules), ticket('e', idOf(5)))).toHaveProperty('runs')
    expect(await decide(deciding(rules), ticket('e', idOf(6)))).toHaveProperty('refused')
  })

  test('counts no request that was made before, none that joins a run, and none that was never sent', async () => {
    const rules = ALLOW('budget: [2 per 1d]')
    await ask(createRun, { rules, body: restart(0), key: 'a' })
    expect((await ask(createRun, { rules, body: restart(0), key: 'a' })).statusCode).toBe(202)
    expect((await ask(createRun, { rules, body: restart(0), key: 'b' })).json.state).toBe('attached')
    await world.pass(HOUR)
    world.cloud.fault = () => ({ kind: 'denied', change: 'none' })
    await ask(createRun, { rules, body: restart(1) })
    await world.pass(HOUR)
    world.cloud.fault = () => undefined
    expect((await ask(createRun, { rules, body: restart(2) })).statusCode).toBe(202)
    expect((await ask(createRun, { rules, body: restart(3) })).statusCode).toBe(409)
  })

  test('that is used up is in the plan, unless the run would join another', async () => {
    const rules = ALLOW('budget: [1 per 1d]')
    await ask(createRun, { rules, body: restart(0) })
    const refused = {
      by: 'limit',
      temporary: false,
      reason: expect.stringContaining('per caller by policy of r.yml:10'),
    }
    expect((await ask(createPlan, { rules, body: restart(1) })).json).toMatchObject({
      ...{ would: 'be-refused', refusedBy: [refused] },
    })
    expect((await ask(createPlan, { rules, body: restart(0) })).json).toMatchObject({ would: 'attach', refusedBy: [] })
  })

  test('is shown and cleared as the limits of a resource are', async () => {
    const rules = ALLOW('budget: [1 per 1d]', `{ caller: '*' }`)
    await ask(createRun, { rules, body: restart(0) })
    await ask(createRun, { rules, body: restart(1) })
    const [{ of } = { of: '' }] = world.usedUp
    const [cloud = '', service = '', id = ''] = of.split('/')
    const event = (more: object) => ({ headers: {}, isBase64Encoded: false, requestContext: {}, ...more }) as HttpEvent // the fields that routes read
    const shown = await showLimits(world.ports, event({ queryStringParameters: { resource: of } }))
    expect(JSON.parse(shown.body ?? '')).toMatchObject({ of, attempts: [{ rule: 'one', counts: true }] })
    await clearLimit(world.ports, event({ pathParameters: { cloud, service, id }, body: '{"reason":"agreed"}' }))
    expect((await ask(createRun, { rules, body: restart(2) })).statusCode).toBe(202)
  })
})
