import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { listDeadLetters } from '../../lib/api/dead-letters.ts'
import type { HttpEvent, HttpResult } from '../../lib/api/http/http.ts'
import { getBatch } from '../../lib/api/runs/batches.ts'
import { createBatch, createBatchPlan, createPlan, createRun } from '../../lib/api/runs/create.ts'
import type { RoutePorts } from '../../lib/api/runs/ports.ts'
import { cancelRun, getRun, listRuns } from '../../lib/api/runs/read.ts'
import { keepDeadLetter } from '../../lib/dead-letters/keep.ts'
import { NotAllowedError } from '../../lib/runs/request-error.ts'
import { createWorld, type World } from '../world/world.ts'
import { problemResponse } from './problem-response.ts'

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
    deployment: { home: 'one machine', access: 'none', publicUrl: 'https://ops.example' },
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
      'content-location': `runs/${json.id}`,
      etag: `"${world.get(String(json.id)).version}"`,
    })
    expect(headers).not.toHaveProperty('location')
    expect(seconds()).toBeLessThan(2)
  })

  test('answers 202 when the time is over, after two reads a second', async () => {
    const { statusCode, headers, json } = await create({ prefer: 'wait=10' })
    expect([statusCode, json.state, seconds()]).toEqual([202, 'tracking', 10])
    expect(headers).toMatchObject({
      'preference-applied': 'wait=10',
      location: `runs/${json.id}`,
      'retry-after': expect.stringMatching(/^\d+$/),
    })
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
    const body = JSON.stringify({ ...rest, targets: [target] })
    const answer = await ask(createBatch, { headers: { prefer: 'wait=5' }, body })
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
    expect(await get(json.id, { 'if-none-match': tag })).toEqual({
      statusCode: 304,
      headers: { etag: tag, 'retry-after': '1' },
      json: {},
    })
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
      [{ header: 'If-Match', detail: expect.stringContaining('If-Match') }],
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

describe('a run says', () => {
  const shown = async (id: unknown) => (await get(id)).json

  test('where it is, and until when it is kept', async () => {
    const { json } = await create()
    expect(json.links).toEqual({ self: `https://ops.example/runs/${json.id}` })
    expect(Date.parse(String(json.expiresAt)) - world.now()).toBe(90 * 86_400_000)
  })

  test('where its episode is', async () => {
    const { json } = await create()
    world.runs.set(String(json.id), { ...world.get(String(json.id)), episodeId: 'ep_1' })
    expect(await shown(json.id)).toMatchObject({
      episodeId: 'ep_1',
      links: { episode: 'https://ops.example/episodes/ep_1' },
    })
  })

  test('what its guards said, but not in lists', async () => {
    const { json } = await create()
    await world.pass(300_000)
    const [listed] = (await ask(listRuns, {})).json.runs as object[] // our own API
    expect([(await shown(json.id)).verdicts, listed]).toEqual([
      expect.arrayContaining([expect.objectContaining({ guard: 'pause', says: 'allow' })]),
      expect.not.objectContaining({ verdicts: expect.anything() }),
    ])
  })

  test('how long it took, and when it ended', async () => {
    const { json } = await create()
    await world.pass(300_000)
    const run = await shown(json.id)
    const { sentAt, endedAt } = world.get(String(json.id))
    expect([run.endedAt, run.durationSeconds]).toEqual([
      endedAt,
      Math.round((Date.parse(String(endedAt)) - Date.parse(String(sentAt))) / 1000),
    ])
    expect(run).not.toHaveProperty('nextAt')
  })

  test('when it is expected to end, as earlier ones did, with an interval', async () => {
    const first = await create()
    await world.pass(300_000)
    const { durationSeconds } = await shown(first.json.id)
    const { json } = await create()
    expect(json).not.toHaveProperty('expectedEndAt')
    await world.pass(10_000)
    const run = await shown(json.id)
    const { from, until, ofRuns } = run.expectedEndInterval as { from: string; until: string; ofRuns: number } // our own API
    const latest = Date.parse(String(run.acceptedAt)) + Number(durationSeconds) * 1000
    expect([from, run.expectedEndAt, until]).toEqual([from, String(run.expectedEndAt), until].sort())
    expect(Date.parse(from)).toBeGreaterThan(latest - 20_000)
    expect(Date.parse(until)).toBeLessThanOrEqual(latest)
    expect(ofRuns).toBe(1)
    const [listed] = (await ask(listRuns, {})).json.runs as { expectedEndAt?: string }[] // our own API
    expect(listed?.expectedEndAt).toBe(run.expectedEndAt)
  })

  test('which runs joined it, and those which run they joined', async () => {
    world.cloud.workMs = () => 10 * 60_000
    const { json: leader } = await create()
    await world.pass(5_000)
    const { json: follower } = await create()
    await world.pass(1_000)
    expect((await shown(follower.id)).joinedRunId).toBe(leader.id)
    expect((await shown(leader.id)).joinedByRunIds).toEqual([follower.id])
    await world.pass(20 * 60_000)
    expect((await shown(leader.id)).joinedByRunIds).toEqual([follower.id])
  })

  test('its place in line', async () => {
    world.cloud.workMs = () => 10 * 60_000
    await create({}, {}, { ...REQUEST, operation: 'dcs.instance.flush' })
    const { json: first } = await create({}, {}, { ...REQUEST, collision: 'queue' })
    const other = { ...REQUEST, operation: 'dcs.instance.soft-restart', collision: 'queue' }
    await world.pass(1_000)
    const { json: second } = await create({}, {}, other)
    await world.pass(1_000)
    expect([(await shown(first.id)).positionInLine, (await shown(second.id)).positionInLine]).toEqual([1, 2])
  })

  test('who cancelled it', async () => {
    const claims = { iss: 'https://id.example', sub: 'u-1' }
    const { json } = await create()
    const requestContext = { authorizer: { jwt: { claims } } } as never
    await ask(cancelRun, { requestContext, pathParameters: { id: String(json.id) } })
    expect((await shown(json.id)).cancelledBy).toBe('https://id.example#u-1')
  })

  test('until when its resource stays reserved, where its end is in doubt', async () => {
    world.cloud.workMs = () => 10 * 3600_000
    const { json } = await create()
    await world.pass(2 * 3600_000)
    const run = await shown(json.id)
    expect(run.state).toBe('timed-out')
    const { until } = world.leases.get(String(run.resource)) ?? {}
    expect(run.reservedUntil).toBe(Date.parse(until ?? '') > world.now() ? until : undefined)
  })

  test('its bookkeeping nowhere but among the evidence', async () => {
    const { json } = await create()
    await world.pass(300_000)
    const { evidence, ...run } = await shown(json.id)
    expect(evidence).toMatchObject({ consecutive: expect.any(Number), failures: 0, step: expect.any(Number) })
    for (const name of ['consecutive', 'failures', 'step', 'progress', 'baseline']) expect(run).not.toHaveProperty(name)
  })
})

test('the tag of a run changes when another joins it, although its record does not', async () => {
  world.cloud.workMs = () => 10 * 60_000
  const { json } = await create()
  await world.pass(70_000)
  world.letters = []
  world.sweeps = false
  const before = await get(json.id)
  await create()
  const after = await get(json.id, { 'if-none-match': String(before.headers?.etag) })
  const { version } = world.get(String(json.id))
  expect([after.statusCode, after.headers?.etag]).toEqual([200, expect.stringMatching(`^"${version}-[0-9a-f]{8}"$`)])
  expect((await cancel(json.id, { 'if-match': String(after.headers?.etag) })).statusCode).toBe(409)
})

describe('a batch', () => {
  const TARGETS = [1, 2, 3].map((number) => ({ instanceId: `00000000-0000-4000-8000-00000000000${number}` }))
  const BATCH = { operation: 'dcs.instance.restart', targets: TARGETS }
  const post = (headers: Record<string, string> = {}) => ask(createBatch, { headers, body: JSON.stringify(BATCH) })
  const show = (id: unknown) => ask(getBatch, { pathParameters: { id: String(id) } })
  const targetsOf = ({ json }: { json: Record<string, unknown> }) =>
    (json.runs as { target: { instanceId: string } }[]).map(({ target: { instanceId } }) => ({ instanceId }))

  test('has an address, and is found by it with its runs in the order of their targets', async () => {
    const made = await post()
    expect([made.statusCode, made.headers?.location, targetsOf(made)]).toEqual([
      202,
      `batches/${made.json.id}`,
      TARGETS,
    ])
    await world.pass(5_000)
    const found = await show(made.json.id)
    expect(found.json).toMatchObject({ id: made.json.id, operation: BATCH.operation, size: 3, states: { tracking: 3 } })
    expect([targetsOf(found), found.json.links]).toEqual([
      TARGETS,
      { self: `https://ops.example/batches/${made.json.id}` },
    ])
  })

  test('is found whole where a crash left a part for the second try', async () => {
    let puts = 0
    world.hook = (port, when) => {
      if (port === 'create' && when === 'before' && ++puts > 1) throw new Error('the disk is full')
    }
    await post({ 'idempotency-key': 'k' })
    world.hook = () => {}
    expect(world.runs.size).toBe(1)
    await world.pass(60_000)
    const made = await post({ 'idempotency-key': 'k' })
    expect(targetsOf(await show(made.json.id))).toEqual(TARGETS)
  })

  test('of many more runs is found, too', async () => {
    const made = await post()
    await world.pass(1_000)
    for (let number = 0; number < 30; number++) await create({ 'idempotency-key': `k${number}` })
    expect(targetsOf(await show(made.json.id))).toHaveLength(3)
  })

  test('is found by its first run while the index lags behind', async () => {
    const made = await post()
    ports.store = { ...ports.store, list: async () => ({ runs: [] }) }
    const { statusCode, json } = await show(made.json.id)
    expect([statusCode, json.size, targetsOf({ json })]).toEqual([200, 3, TARGETS.slice(0, 1)])
  })

  test.for(['batch_x', 'run_00000000000000000000000000000000', `batch_${'0'.repeat(32)}`])('%s is 404', async (id) => {
    expect((await show(id)).statusCode).toBe(404)
  })

  test('of the id of a single run is 404', async () => {
    const { json } = await create()
    expect((await show(String(json.id).replace('run_', 'batch_'))).statusCode).toBe(404)
  })
})

describe('a plan', () => {
  const { target, ...rest } = REQUEST
  const ONE = JSON.stringify(REQUEST)
  const MANY = JSON.stringify({ ...rest, targets: [target] })
  beforeEach(() => {
    ports.show = async () => ({ api: 'x', method: 'PUT', host: 'h', path: '/', query: {} })
  })
  const nothing = () =>
    expect([world.runs.size, world.leases.size, world.letters, world.cloud.writes]).toEqual([0, 0, [], []])

  test('stores and sends nothing', async () => {
    const { statusCode, json } = await ask(createPlan, { body: ONE })
    expect([statusCode, json.would]).toEqual([200, 'be-sent'])
    nothing()
  })

  test('of a batch has one for each target', async () => {
    const { json } = await ask(createBatchPlan, { body: MANY })
    expect(json).toEqual({ plans: [expect.objectContaining({ operation: 'dcs.instance.restart', would: 'be-sent' })] })
    nothing()
  })

  test.for([
    ['POST /runs?dryRun=true', ONE, 'plans'],
    ['POST /runs?dryRun=true, of many', MANY, 'batch-plans'],
  ] as const)('%s is the form of 0.x, and says so', async ([, body, successor]) => {
    const { statusCode, headers } = await ask(createRun, { body, queryStringParameters: { dryRun: 'true' } })
    expect([statusCode, headers?.deprecation, headers?.link]).toEqual([
      ...[200, '@1796083200', `<${successor}>; rel="successor-version"`],
    ])
    nothing()
  })

  test.for([
    [createRun, { dryRun: '1' }],
    [createRun, { dryRun: '' }],
    [createRun, { dryrun: 'true' }],
    [createRun, { dry_run: 'true' }],
    [createBatch, { dryRun: 'true' }],
    [createPlan, { dryRun: 'true' }],
  ] as const)('%s with %j is refused: a slip must not be carried out', async ([route, query]) => {
    const body = route === createBatch ? MANY : ONE
    const { statusCode, json } = await ask(route, { body, queryStringParameters: query as Record<string, string> })
    expect([statusCode, json.errors]).toEqual([400, [{ parameter: Object.keys(query)[0], detail: expect.any(String) }]])
    nothing()
  })

  test('that is not wanted starts a run', async () => {
    expect((await create({}, { queryStringParameters: { dryRun: 'false' } })).statusCode).toBe(202)
    expect(world.runs.size).toBe(1)
  })
})

test('many targets at POST /runs are the form of 0.x: a batch, with the name that its id had', async () => {
  const { target, ...rest } = REQUEST
  const { statusCode, headers, json } = await create({}, {}, { ...rest, targets: [target] })
  expect([statusCode, headers?.link, json.batchId]).toEqual([202, '<batches>; rel="successor-version"', json.id])
})

describe('a body', () => {
  test.for([
    ['text/plain', '{}', 415, { accept: 'application/json' }],
    ['application/x-www-form-urlencoded', '{}', 415, { accept: 'application/json' }],
    ['application/json; charset=utf-8', '', 400, {}],
    ['application/merge-patch+json', '', 400, {}],
    [undefined, '', 400, {}],
  ] as const)('of type %j: %j is answered with %d', async ([type, body, status, headers]) => {
    const answer = await ask(createRun, { headers: type ? { 'content-type': type } : {}, body })
    expect([answer.statusCode, answer.headers]).toMatchObject([status, headers])
  })

  test('that is empty is said to be, with what is wanted', async () => {
    expect((await ask(createRun, {})).json.detail).toBe('the body is empty; send {operation, target}')
  })

  test('that is packed by gzip is read; a bomb, and another packing, are not', async () => {
    const packed = (text: string) => ({ body: gzipSync(text).toString('base64'), isBase64Encoded: true })
    const post = (text: string, encoding = 'gzip') =>
      ask(createRun, { headers: { 'content-encoding': encoding }, ...packed(text) })
    expect((await post(JSON.stringify(REQUEST))).statusCode).toBe(202)
    expect((await post(' '.repeat(300_000))).statusCode).toBe(413)
    const { statusCode, headers } = await post('{}', 'br')
    expect([statusCode, headers?.['accept-encoding']]).toEqual([415, 'gzip'])
  })
})

describe('a wrong request says what would be right', () => {
  const detailOf = async (request: object) => {
    const { json } = await create({}, {}, request)
    const [{ detail, pointer } = {}] = json.errors as { detail?: string; pointer?: string }[] // our own API
    return [pointer, detail]
  }
  const CLUSTER = { clusterId: 'emr-4zvc5mul', services: [{ name: 'YARN' }] }
  test.for([
    [
      { ...REQUEST, operation: 'dcs.instance.reboot' },
      '#/operation',
      '"dcs.instance.reboot" is not known; did you mean dcs.instance.restart?; GET /operations lists all operations',
    ],
    [
      { operation: 'emr.service.restart', target: { ...CLUSTER, region: 'ap-guangzhou' } },
      '#/params/strategy',
      'emr.service.restart must say how, e.g. {"rolling": true}',
    ],
    [{ ...REQUEST, target: { instanceId: 'x' } }, '#/target/instanceId', 'must be a DCS instance id (a UUID)'],
    [
      { operation: 'emr.service.stop', target: CLUSTER },
      '#/target/region',
      'is missing; no default region is configured for tencent',
    ],
  ] as const)('%j', async ([request, pointer, detail]) => {
    expect(await detailOf(request)).toEqual([pointer, detail])
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
