import { beforeEach, describe, expect, test } from 'vitest'
import type { HttpEvent, HttpResult } from '../../lib/api/http/http.ts'
import { createPause, deletePause, listPauses } from '../../lib/api/pauses.ts'
import { DEFAULT_GUARDS } from '../../lib/runs/guards/settings.ts'
import { createWorld, type World } from '../world/world.ts'
import { problemResponse } from './problem-response.ts'

const DAY = 24 * 3_600_000

let world: World
let count: number
beforeEach(() => {
  world = createWorld()
  count = 0
  world.ports.guards = { ...DEFAULT_GUARDS, ruleNames: ['restart'] }
})

async function ask(
  route: typeof createPause,
  event: Partial<HttpEvent> = {},
): Promise<HttpResult & { json: { id: string; pauses: unknown[] } }> {
  const whole = { headers: {}, isBase64Encoded: false, requestContext: {}, ...event } as HttpEvent // the fields that routes read
  const ports = { ...world.ports, freshKey: () => `key-${count++}` }
  const result = await route(ports, whole).catch((error: unknown) => problemResponse(error))
  return { ...result, json: JSON.parse(result.body ?? '{}') }
}
const add = (body: unknown, key?: string) =>
  ask(createPause, { body: JSON.stringify(body), headers: key === undefined ? {} : { 'idempotency-key': key } })
const end = (id: string) => ask(deletePause, { pathParameters: { id } })
const list = async () => (await ask(listPauses)).json.pauses
const inMs = (ms: number): string => new Date(world.now() + ms).toISOString()

describe('POST /pauses', () => {
  test.for([
    ['all', 'all'],
    ['rule:restart', 'rule:restart'],
    ['group:everything', 'group:everything'],
    ['operation:dcs.instance.swap', 'operation:dcs.instance.swap'],
    ['resource:huawei/dcs/ABC-1', 'resource:huawei/dcs/abc-1'],
    ['resource:tencent/emr/emr-1', 'resource:tencent/emr/emr-1'],
  ] as const)('of %s makes a pause that is listed', async ([scope, stored]) => {
    const { statusCode, json } = await add({ scope, reason: 'why', until: inMs(DAY) })
    const id = expect.stringMatching(/^pause_[0-9a-f]{16}$/)
    const pause = { id, scope: stored, reason: 'why', by: 'unauthenticated', from: inMs(0), until: inMs(DAY) }
    expect([statusCode, json, await list()]).toEqual([201, pause, [pause]])
  })

  test('needs no end, and takes an end in another zone', async () => {
    expect((await add({ scope: 'all', reason: 'why' })).json).not.toHaveProperty('until')
    expect((await add({ scope: 'all', reason: 'why', until: '2026-01-02T08:00:00+08:00' })).json).toMatchObject({
      until: '2026-01-02T00:00:00.000Z',
    })
  })

  test.for([
    [{ reason: 'why' }],
    [{ scope: 'all' }],
    [{ scope: 'all', reason: '' }],
    [{ scope: 'all', reason: 'x'.repeat(1001) }],
    [{ scope: 'all', reason: 'why', by: 'me' }],
    [{ scope: 'ALL', reason: 'why' }],
    [{ scope: 'everything', reason: 'why' }],
    [{ scope: 'rule:', reason: 'why' }],
    [{ scope: 'rule:restrat', reason: 'why' }],
    [{ scope: 'group:caches', reason: 'why' }],
    [{ scope: 'operation:dcs.instance.*', reason: 'why' }],
    [{ scope: 'resource:dcs/abc', reason: 'why' }],
    [{ scope: 'resource:huawei/emr/abc', reason: 'why' }],
    [{ scope: 'resource:huawei/dcs/*/a', reason: 'why' }],
    [{ scope: 'constructor:a', reason: 'why' }],
    [{ scope: 'all', reason: 'why', until: 'tomorrow' }],
    [{ scope: 'all', reason: 'why', until: '2026-01-01T00:00:00Z' }],
    [{ scope: 'all', reason: 'why', until: '2026-01-31T00:00:00.001Z' }],
  ])('with %j is a mistake, and pauses nothing', async ([body]) => {
    expect([(await add(body)).statusCode, world.documents.size, world.announced]).toEqual([400, 0, []])
  })

  test('says which name is near', async () => {
    expect((await add({ scope: 'rule:restrat', reason: 'why' })).body).toContain('did you mean restart?')
  })

  test('under the same key is the same pause while it is in force, and is told once', async () => {
    const body = { scope: 'all', reason: 'why' }
    const [first, again] = [await add(body, 'k'), await add(body, 'k')]
    expect([first.statusCode, again.statusCode, again.headers?.['idempotency-replayed']]).toEqual([201, 200, 'true'])
    expect(again.json).toEqual(first.json)
    expect((await add({ ...body, reason: 'another' }, 'k')).statusCode).toBe(422)
    expect((await add(body, 'other')).json.id).not.toBe(first.json.id)
    expect(world.announced.map(({ type }) => type)).toEqual(['pause.began', 'pause.began'])
  })

  test('is refused once fifty are in force', async () => {
    for (let one = 0; one < 50; one++) expect((await add({ scope: 'all', reason: 'why' })).statusCode).toBe(201)
    expect((await add({ scope: 'all', reason: 'why' })).statusCode).toBe(400)
  })
})

describe('DELETE /pauses/{id}', () => {
  test('ends a pause, and tells people', async () => {
    const { json } = await add({ scope: 'all', reason: 'why' })
    expect(await end(json.id)).toMatchObject({ statusCode: 200, json })
    expect([await list(), (await end(json.id)).statusCode]).toEqual([[], 404])
    expect(world.announced.map(({ type }) => type)).toEqual(['pause.began', 'pause.ended'])
  })

  test.for(['pause_0123456789abcdef', 'all', ''])('of %s is 404', async (id) => {
    await add({ scope: 'all', reason: 'why' })
    expect([(await end(id)).statusCode, (await list()).length]).toEqual([404, 1])
  })
})

test('GET /pauses leaves out what has lapsed', async () => {
  await add({ scope: 'all', reason: 'why', until: inMs(DAY) })
  await add({ scope: 'rule:restart', reason: 'why' })
  await world.pass(DAY)
  expect(await list()).toMatchObject([{ scope: 'rule:restart' }])
})
