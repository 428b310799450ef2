import { beforeEach, describe, expect, test } from 'vitest'
import { listDeadLetters } from '../../lib/api/dead-letters.ts'
import type { HttpEvent, HttpResult } from '../../lib/api/http.ts'
import { problemResponse } from '../../lib/api/problem.ts'
import type { RoutePorts } from '../../lib/api/runs.ts'
import { cancelRun, createRun, getRun, listRuns } from '../../lib/api/runs.ts'
import { keepDeadLetter } from '../../lib/dead-letters/keep.ts'
import { NotAllowedError } from '../../lib/runs/request-error.ts'
import { createWorld, type World } from '../world/world.ts'

/** The routes over ports in memory; waiting passes the time of the world. */

const REQUEST = { operation: 'dcs.instance.restart', target: { instanceId: '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef' } }

let world: World
let ports: RoutePorts
let leftMs: number
/** The sleeps, in order (ms). */
let slept: number[]
let reads: number

beforeEach(() => {
  world = createWorld()
  ;[leftMs, slept, reads] = [29_000, [], 0]
  world.hook = (port, when) => {
    if (port === 'get' && when === 'before') reads++
  }
  let keys = 0
  ports = {
    ...world.ports,
    regions: { huawei: 'cn-north-4' },
    allow: (request) => request,
    freshKey: () => `fresh-${keys++}`,
    show: async () => Promise.reject(new Error('not shown here')),
    sleep: async (ms) => {
      slept.push(ms)
      await world.pass(ms)
    },
  }
})

type Route = (
  ports: RoutePorts,
  event: HttpEvent,
  context: { getRemainingTimeInMillis: () => number },
) => Promise<HttpResult>

async function ask(route: unknown, event: Partial<HttpEvent>): Promise<HttpResult & { json: Record<string, unknown> }> {
  const whole = { headers: {}, isBase64Encoded: false, requestContext: {}, ...event } as HttpEvent // the fields that routes read
  const context = { getRemainingTimeInMillis: () => leftMs - slept.reduce((sum, ms) => sum + ms, 0) }
  const result = await (route as Route)(ports, whole, context).catch((error: unknown) => problemResponse(error))
  return { ...result, json: result.body ? JSON.parse(result.body) : {} }
}

const create = (headers: Record<string, string> = {}, more: object = {}, request: object = REQUEST) =>
  ask(createRun, { headers, body: JSON.stringify(request), ...more })
const get = (id: unknown, headers: Record<string, string> = {}) =>
  ask(getRun, { headers, pathParameters: { id: String(id) } })
const cancel = (id: unknown, headers: Record<string, string> = {}) =>
  ask(cancelRun, { headers, pathParameters: { id: String(id) } })
const seconds = (): number => slept.reduce((sum, ms) => sum + ms, 0) / 1000

describe('Prefer: wait at POST /runs', () => {
  test('answers 200 with the run as soon as it has ended', async () => {
    world.cloud.workMs = () => 0
    leftMs = 100_000
    Object.assign(world.cloud, { fault: () => ({ kind: 'denied', change: 'none' }) })
    const { statusCode, headers, json } = await create({ prefer: 'wait=25' })
    expect([statusCode, json.state, headers?.['preference-applied']]).toEqual([200, 'failed', 'wait=25'])
    expect(headers).toMatchObject({
      'content-location': `/runs/${json.id}`,
      etag: `"${world.get(String(json.id)).version}"`,
    })
    expect(headers).not.toHaveProperty('location')
    expect(seconds()).toBeLessThan(2)
  })

  test('answers 202 when the time is over, after two reads a second', async () => {
    const { statusCode, headers, json } = await create({ prefer: 'wait=10' })
    expect([statusCode, json.state, seconds()]).toEqual([202, 'tracking', 10])
    expect(headers).toMatchObject({ 'preference-applied': 'wait=10', location: `/runs/${json.id}`, 'retry-after': '5' })
    expect(slept).toEqual(Array(20).fill(500))
  })

  test('never outlasts the invocation', async () => {
    leftMs = 8_900
    const { statusCode, headers } = await create({ prefer: 'wait=20' })
    expect([statusCode, seconds(), headers?.['preference-applied']]).toEqual([202, 6, 'wait=6'])
  })

  test.for([{}, { prefer: 'wait=soon' }, { prefer: 'respond-async' }])('%j does not wait', async (headers) => {
    const answer = await create(headers as Record<string, string>)
    expect([answer.statusCode, slept, answer.headers?.['preference-applied']]).toEqual([202, [], undefined])
  })

  test('of many targets does not wait', async () => {
    const { target, ...rest } = REQUEST
    const answer = await create({ prefer: 'wait=5' }, {}, { ...rest, targets: [target] })
    expect([answer.statusCode, slept, answer.headers?.['preference-applied']]).toEqual([202, [], undefined])
  })

  test('a request that turns out to be refused is a conflict, as without it', async () => {
    world.cloud.workMs = () => 100 * 60_000
    await create({ 'idempotency-key': 'a' }, {}, { ...REQUEST, operation: 'dcs.instance.flush' })
    await world.pass(31 * 60_000)
    const { statusCode, json } = await create({ prefer: 'wait=20' })
    expect([statusCode, json.state]).toEqual([409, 'refused'])
  })
})

describe('GET /runs/{id}', () => {
  test('has the tag of its version, and is 304 for a known tag', async () => {
    const { json } = await create()
    const first = await get(json.id)
    const tag = String(first.headers?.etag)
    expect([first.statusCode, tag]).toEqual([200, '"1"'])
    expect(await get(json.id, { 'if-none-match': tag })).toEqual({ statusCode: 304, headers: { etag: tag }, json: {} })
    await world.pass(1_000)
    expect((await get(json.id, { 'if-none-match': tag })).statusCode).toBe(200)
  })

  test('with Prefer: wait waits until it ended', async () => {
    const { json } = await create()
    await world.pass(55_000)
    const ended = await get(json.id, { prefer: 'wait=25' })
    expect([ended.statusCode, ended.json.state, ended.headers?.['preference-applied']]).toEqual([
      ...[200, 'succeeded', 'wait=25'],
    ])
    const again = slept.length
    expect((await get(json.id, { prefer: 'wait=25' })).json.state).toBe('succeeded')
    expect(slept.length).toBe(again)
  })

  test('with Prefer: wait and If-None-Match waits until it changed', async () => {
    const { json } = await create()
    await world.pass(1_000)
    const known = await get(json.id)
    const news = await get(json.id, { prefer: 'wait=20', 'if-none-match': String(known.headers?.etag) })
    expect([news.statusCode, seconds() > 0, seconds() < 10]).toEqual([200, true, true])
    expect(news.headers?.etag).not.toBe(known.headers?.etag)
  })

  test('with both is 304 when nothing changed in time, and at once where nothing can change', async () => {
    const { json } = await create()
    world.letters = []
    world.sweeps = false
    const waited = await get(json.id, { prefer: 'wait=3', 'if-none-match': '"1"' })
    expect([waited.statusCode, seconds(), waited.headers?.['preference-applied']]).toEqual([304, 3, 'wait=3'])
    await cancel(json.id)
    const { headers } = await get(json.id)
    slept = []
    const over = await get(json.id, { prefer: 'wait=25', 'if-none-match': String(headers?.etag) })
    expect([over.statusCode, slept]).toEqual([304, []])
  })

  test('of an unknown run is 404', async () => {
    expect((await get('run_x', { prefer: 'wait=25' })).statusCode).toBe(404)
    expect([reads, slept]).toEqual([0, []])
  })
})

describe('POST /runs/{id}/cancel', () => {
  test('with the tag of another version is 412, and cancels nothing', async () => {
    const { json } = await create()
    const refused = await cancel(json.id, { 'if-match': '"9"' })
    expect([refused.statusCode, refused.json.errors]).toEqual([
      412,
      [{ field: 'If-Match', message: expect.stringContaining('If-Match') }],
    ])
    expect(world.get(String(json.id)).state).toBe('queued')
  })

  test.for(['"1"', '"8", "1"', '*', undefined])('with %j cancels the run', async (tag) => {
    const { json } = await create()
    const done = await cancel(json.id, tag ? { 'if-match': tag } : {})
    expect([done.statusCode, done.json.state]).toEqual([200, 'cancelled'])
    expect(done.headers?.etag).toBe(`"${world.get(String(json.id)).version}"`)
  })

  test('a weak tag never matches', async () => {
    const { json } = await create()
    expect((await cancel(json.id, { 'if-match': 'W/"1"' })).statusCode).toBe(412)
  })

  test('of a sent run is 409, with any tag', async () => {
    const { json } = await create()
    await world.pass(1_000)
    expect((await cancel(json.id, { 'if-match': '"1"' })).statusCode).toBe(409)
  })

  test('of a run that changed in between is 412', async () => {
    const { json } = await create()
    const run = world.get(String(json.id))
    world.hook = (port, when) => {
      if (port !== 'save' || when !== 'before') return
      world.hook = () => {}
      world.runs.set(run.id, { ...run, version: 2 })
    }
    expect((await cancel(json.id, { 'if-match': '"1"' })).statusCode).toBe(412)
    expect(world.get(run.id)).toMatchObject({ state: 'queued', version: 2 })
  })
})

describe('?dryRun', () => {
  const asked = (query: Record<string, string>) => create({}, { queryStringParameters: query })

  test('true stores and sends nothing', async () => {
    ports.show = async () => ({ api: 'x', method: 'PUT', host: 'h', path: '/', query: {} })
    const { statusCode, json } = await asked({ dryRun: 'true' })
    expect([statusCode, json.dryRun, json.would]).toEqual([200, true, 'be-sent'])
    expect([world.runs.size, world.leases.size, world.letters, world.cloud.writes]).toEqual([0, 0, [], []])
  })

  test('of many targets has one plan for each', async () => {
    ports.show = async () => ({ api: 'x', method: 'PUT', host: 'h', path: '/', query: {} })
    const { target, ...rest } = REQUEST
    const body = JSON.stringify({ ...rest, targets: [target] })
    const { json } = await ask(createRun, { body, queryStringParameters: { dryRun: 'true' } })
    expect(json).toMatchObject({ dryRun: true, plans: [{ operation: 'dcs.instance.restart', would: 'be-sent' }] })
    expect(world.runs.size).toBe(0)
  })

  test.for([{ dryRun: '1' }, { dryRun: '' }, { dryrun: 'true' }, { dry_run: 'true' }])(
    '%j is refused: a slip must not be carried out',
    async (query) => {
      const { statusCode, json } = await asked(query as unknown as Record<string, string>)
      const [field] = Object.keys(query)
      expect([statusCode, json.errors]).toEqual([400, [{ field, message: expect.any(String) }]])
      expect(world.runs.size).toBe(0)
    },
  )

  test('false starts a run', async () => {
    expect((await asked({ dryRun: 'false' })).statusCode).toBe(202)
    expect(world.runs.size).toBe(1)
  })
})

test('GET /runs and GET /dead-letters list the records', async () => {
  const { json } = await create()
  expect((await ask(listRuns, {})).json).toMatchObject({ runs: [{ id: json.id }] })
  await keepDeadLetter(world.ports, { messageId: 'm1', from: 'polls', queue: 'q', body: 'x'.repeat(3_000) })
  const at = new Date(world.now()).toISOString()
  const deadLetter = { messageId: 'm1', from: 'polls', queue: 'q', at, body: 'x'.repeat(2_000) }
  expect((await ask(listDeadLetters, {})).json).toEqual({ deadLetters: [deadLetter] })
})

describe('permission', () => {
  const claims = { iss: 'https://id.example', sub: 'u-1', email: 'ops@example.com' }
  const event = { requestContext: { authorizer: { jwt: { claims } } } as never }

  test('is decided by the authenticated identity, not by the chosen name', async () => {
    const asked: string[] = []
    ports.allow = (request, who) => {
      asked.push(who)
      return request
    }
    await create({}, event)
    expect(asked).toEqual(['https://id.example#u-1'])
  })

  test('is not checked again for an accepted request: a repeat has its run, and a new request is refused', async () => {
    const first = await create({ 'idempotency-key': 'k' }, event)
    ports.allow = () => {
      throw new NotAllowedError('no rule allows it')
    }
    const again = await create({ 'idempotency-key': 'k' }, event)
    const other = await create({ 'idempotency-key': 'other' }, event)
    expect([first.statusCode, again.json.id, other.statusCode]).toEqual([202, first.json.id, 403])
    expect(world.runs.size).toBe(1)
  })
})
