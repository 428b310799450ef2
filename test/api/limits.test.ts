import { beforeEach, describe, expect, test } from 'vitest'
import type { HttpEvent, HttpResult } from '../../lib/api/http/http.ts'
import { clearLimit, showLimits } from '../../lib/api/limits.ts'
import type { Limits } from '../../lib/runs/tally.ts'
import { createWorld, type World } from '../world/world.ts'
import { problemResponse } from './problem-response.ts'

const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const OTHER = '9c47de18-60fb-4f3e-8a25-7b90cd13e642'
const RESOURCE = `huawei/dcs/${INSTANCE}`
const LIMITS: Limits = {
  rule: 'restart',
  cooldownMs: 0,
  atMost: [
    { count: 1, windowMs: 3_600_000, per: 'resource' },
    { count: 9, windowMs: 3_600_000, per: 'rule' },
  ],
}

let world: World
let key = 0
beforeEach(() => {
  world = createWorld()
})

const run = () => world.accept({ limits: LIMITS, idempotencyKey: `key-${key++}` })
async function ask(
  route: typeof showLimits,
  event: Partial<HttpEvent>,
): Promise<HttpResult & { json: Record<string, unknown> }> {
  const whole = { headers: {}, isBase64Encoded: false, requestContext: {}, ...event } as HttpEvent // the fields that routes read
  const result = await route(world.ports, whole).catch((error: unknown) => problemResponse(error))
  return { ...result, json: JSON.parse(result.body ?? '{}') }
}
const show = (query: Record<string, string>) => ask(showLimits, { queryStringParameters: query })
const [cloud, service, id] = RESOURCE.split('/') as [string, string, string]
const clear = (body: unknown, pathParameters: Record<string, string> = { cloud, service, id }) =>
  ask(clearLimit, { pathParameters, body: JSON.stringify(body) })

describe('GET /limits', () => {
  test('shows the used limits of a resource, by which runs, and the notices', async () => {
    const first = await run()
    await world.pass(120_000)
    const second = await run()
    await world.pass(120_000)
    expect(world.get(second.id).state).toBe('refused')
    expect(await show({ resource: RESOURCE.toUpperCase().replace('HUAWEI/DCS', 'huawei/dcs') })).toMatchObject({
      statusCode: 200,
      json: {
        of: RESOURCE,
        attempts: [{ runId: first.id, rule: 'restart', state: 'succeeded', counts: true }],
        notices: [
          { reason: expect.stringContaining('1 per 1h per resource is used up'), notifiedAt: expect.any(String) },
        ],
        clearances: [],
      },
    })
  })

  test('of a rule shows attempts that do not count, too', async () => {
    await run()
    await world.pass(120_000)
    await run()
    await world.pass(120_000)
    expect((await show({ rule: 'restart' })).json).toMatchObject({ of: 'rule/restart', attempts: [{ counts: true }] })
    world.cloud.fault = () => ({ kind: 'denied', change: 'none' })
    await world.accept({ limits: LIMITS, idempotencyKey: 'other', target: { instanceId: OTHER } })
    await world.pass(120_000)
    const counted = { attempts: [{ counts: true }, { state: 'failed', counts: false }] }
    expect((await show({ rule: 'restart' })).json).toMatchObject(counted)
  })

  test('of an unknown resource is empty', async () => {
    expect((await show({ rule: 'none' })).json).toEqual({ of: 'rule/none', attempts: [], notices: [], clearances: [] })
  })

  test.for([[{}], [{ resource: RESOURCE, rule: 'restart' }], [{ resource: '' }], [{ name: 'x' }]] as const)(
    'by %j is a mistake',
    async ([query]) => {
      expect((await show(query as Record<string, string>)).statusCode).toBe(400)
    },
  )
})

describe('POST /limits/…/clear', () => {
  test('clears the limits of a resource, and stores who did it and why', async () => {
    const first = await run()
    await world.pass(120_000)
    await run()
    await world.pass(120_000)
    const { statusCode, json } = await clear({ reason: 'mended' })
    expect([statusCode, json]).toMatchObject([
      200,
      {
        attempts: [],
        notices: [],
        clearances: [{ by: 'unauthenticated', reason: 'mended', at: expect.any(String), runIds: [first.id] }],
      },
    ])
    const next = await run()
    await world.pass(120_000)
    expect([world.get(next.id).state, world.cloud.writes.length]).toEqual(['succeeded', 2])
  })

  test('clears the limits of a rule', async () => {
    await run()
    expect((await clear({ reason: 'mended' }, { name: 'restart' })).json).toMatchObject({
      of: 'rule/restart',
      attempts: [],
      clearances: [{ runIds: [expect.any(String)] }],
    })
  })

  test.for([[{}], [{ reason: '' }], [{ reason: 'x'.repeat(1001) }], [{ reason: 'x', more: 1 }], ['x']])(
    'with %j is a mistake, and opens nothing',
    async ([body]) => {
      await run()
      expect((await clear(body)).statusCode).toBe(400)
      expect(world.leases.get(RESOURCE)?.clearances).toBeUndefined()
    },
  )

  test('of a name without counted runs is 404, and stores nothing', async () => {
    expect((await clear({ reason: 'x' })).statusCode).toBe(404)
    expect((await clear({ reason: 'x' }, { cloud, service, id: 'x'.repeat(3_000) })).statusCode).toBe(404)
    expect((await clear({ reason: 'x' }, { name: 'x'.repeat(3_000) })).statusCode).toBe(404)
    expect(world.leases.size).toBe(0)
  })
})
