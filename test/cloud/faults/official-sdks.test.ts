import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { operation } from '../../../lib/cloud/operation.ts'
import { dcsSignatureError } from '../../../lib/simulators/dcs/signature.ts'
import { CLOUDS, errorOf, HUAWEI, KEYS, scene, sentSignature, TENCENT, thing } from '../clouds.ts'
import { type Arrived, answers, httpServer, inTurn } from '../servers.ts'

const context = (ms = 60_000) => ({ region: 'test-1', deadlineAtMs: Date.now() + ms })

const HTML = '<html>Bad Gateway</html>'

/** One test for each row of "How the official Node SDKs behave" in the project's measurements. */
describe.for(CLOUDS)('faults of the official Node SDKs are avoided, $name', (cloud) => {
  test('a hung server is given up at the deadline', async () => {
    const { origin, arrived } = await httpServer(() => {})
    const what = expect.stringMatching(/^no complete answer within (1\d{3}|2000|\d{1,3}) ms$/)
    expect(await scene(cloud, origin).failure('once', 2_000)).toEqual({
      operation: 'test.thing.once',
      kind: 'timeout',
      change: 'unknown',
      what,
    })
    expect(arrived).toHaveLength(1)
  })

  test.for([
    ['429', answers(429, '', { 'retry-after': '1' }), 1_000],
    ['500', answers(500, ''), 0],
    ['503 with Retry-After', answers(503, HTML, { 'retry-after': '2' }), 2_000],
  ] as const)('%s is tried again after the wait that was asked for', async ([, refuses, waitMs]) => {
    const { origin, arrived } = await httpServer(inTurn(refuses, answers(200, cloud.ok)))
    const { run, waits } = scene(cloud, origin)
    expect(await run('read')).toEqual({ ok: true })
    expect([waits, arrived.length]).toEqual([[waitMs], 2])
  })

  test.for([
    ['malformed JSON', '{"ok":'],
    ['HTML', HTML],
    ['an empty body', ''],
  ] as const)('%s with 200 is no success', async ([, body]) => {
    const { origin } = await httpServer(answers(200, body))
    expect(await scene(cloud, origin).failure('once')).toMatchObject({ kind: 'unreadable', change: 'unknown' })
  })

  test('a body cut in its middle is noticed at once', async () => {
    const { origin } = await httpServer((response, { socket }) => {
      response.writeHead(200, { 'content-length': cloud.ok.length + 10 }).write(cloud.ok, () => socket.end())
    })
    // Not `timeout`: it did not wait for the rest.
    expect(await scene(cloud, origin).failure('once')).toMatchObject({ kind: 'network', change: 'unknown' })
  })

  test.for([
    ['502 with HTML', 502, HTML, 'unavailable', `HTTP 502 without a readable error: ${JSON.stringify(HTML)}`],
    ['429 with JSON', 429, cloud.refusal('RequestLimitExceeded', 'too many'), 'throttled', 'too many'],
    ['429 with HTML', 429, HTML, 'throttled', `HTTP 429 without a readable error: ${JSON.stringify(HTML)}`],
  ] as const)('%s keeps the message', async ([, status, body, kind, what]) => {
    const { origin } = await httpServer(answers(status, body))
    expect(await scene(cloud, origin).failure('once')).toMatchObject({ kind, status, what })
  })

  test('a failure prints nothing', async () => {
    const written: string[] = []
    const streams = [process.stdout, process.stderr]
    const writes = streams.map((stream) => stream.write)
    const { origin } = await httpServer(answers(401, cloud.refusal('AuthFailure', 'no')))
    const { failure } = scene(cloud, origin)
    for (const stream of streams) stream.write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0
    await failure('once').finally(() => {
      for (const [index, stream] of streams.entries()) stream.write = writes[index] ?? stream.write
    })
    expect(written).toEqual([])
  })

  test('of 8 calls at once each has a retry counter of its own, and signs all that it sends', async () => {
    const refusals = new Map<string, number>()
    const idOf = ({ body }: Arrived): string => JSON.stringify(JSON.parse(body.toString()))
    const { origin, arrived } = await httpServer((response, request) => {
      const seen = refusals.get(idOf(request)) ?? 0
      refusals.set(idOf(request), seen + 1)
      if (seen < 2) response.writeHead(429).end()
      else response.end(cloud.ok)
    })
    let clock = Date.parse('2026-01-01T00:00:00Z')
    const { call } = scene(cloud, origin, {
      nowMs: () => clock,
      sleep: async () => {
        clock += 1_000
      },
    })
    const ids = Array.from({ length: 8 }, (_, index) => `thing-${index}`)
    const deadlineAtMs = clock + 600_000
    await Promise.all(ids.map((id) => call(thing(cloud, 'once'), { id }, { region: 'test-1', deadlineAtMs })))
    expect([...refusals.values()]).toEqual(Array(8).fill(3))
    expect(arrived.map(sentSignature)).toEqual(arrived.map((request) => cloud.signatureOf(request)))
    expect(new Set(arrived.map(sentSignature)).size).toBe(24)
  })

  test('integers beyond 2^53 come whole', async () => {
    const { origin } = await httpServer(answers(200, cloud.ok.replace('true', 'true,"n":9007199254740993')))
    const counting = operation({
      ...thing(cloud, 'read'),
      output: z.object({ n: z.bigint() }) as never,
    })
    expect(await scene(cloud, origin).call(counting, { id: 'a' }, context())).toEqual({ n: 9007199254740993n })
  })

  test('a redirect is not followed', async () => {
    const elsewhere = await httpServer(answers(200, cloud.ok))
    const { origin, arrived } = await httpServer(answers(307, '', { location: elsewhere.origin }))
    expect(await scene(cloud, origin).failure('once')).toMatchObject({ kind: 'unreadable', change: 'unknown' })
    expect([arrived.length, elsewhere.arrived.length]).toEqual([1, 0])
  })
})

test('Huawei Cloud: 204 is taken where it is documented', async () => {
  const { origin } = await httpServer(answers(204, ''))
  const documented = thing(HUAWEI, 'once', { decode: () => ({ ok: true }) })
  expect(await scene(HUAWEI, origin).call(documented, { id: 'a' }, context())).toEqual({ ok: true })
})

test('Tencent Cloud: JSON without Response is no TypeError', async () => {
  const { origin } = await httpServer(answers(200, '{"ok":true}'))
  const error = await errorOf(scene(TENCENT, origin).run('once'))
  expect(error.facts).toMatchObject({ kind: 'unreadable', change: 'unknown', what: 'the answer has no Response' })
  expect(inspect(error)).not.toContain('TypeError')
})

test.for([
  ['my%20key', '/my%20key'],
  ['100%25', '/100%25'],
  ['a%2Fb', '/a%2Fb'],
  ['%E7%BC%93%E5%AD%98', '/%E7%BC%93%E5%AD%98'],
  ['a+b', '/a+b'],
  ["it's!", "/it's!"],
] as const)('Huawei Cloud: a path with %s is sent as it is signed', async ([segment, target]) => {
  const { origin, arrived } = await httpServer(answers(200, HUAWEI.ok))
  const named = thing(HUAWEI, 'once', { request: ({ id }) => ({ method: 'DELETE', path: `/${id}` }) })
  await scene(HUAWEI, origin).call(named, { id: segment }, context())
  expect(arrived.map((request) => request.target)).toEqual([target])
  // Checked by the simulated gateway, which is independent: the official signer escapes escapes again.
  const credentials = { ak: KEYS.id, sk: KEYS.secret, projectId: '' }
  expect(arrived.map((request) => dcsSignatureError(request, credentials, { nowMs: Date.now() }))).toEqual([undefined])
})

test('Huawei Cloud: a query is sent as it is signed', async () => {
  const { origin, arrived } = await httpServer(answers(200, HUAWEI.ok))
  const query = { name: 'ü &=+', limit: '10', 'a b': '' }
  const listing = thing(HUAWEI, 'read', { request: () => ({ method: 'GET', path: '/v2/{project_id}/things', query }) })
  await scene(HUAWEI, origin).call(listing, { id: 'a' }, context())
  expect(arrived.map(({ method, target, body }) => [method, target, body.toString()])).toEqual([
    ['GET', `/v2/${'0'.repeat(32)}/things?a%20b=&limit=10&name=%C3%BC%20%26%3D%2B`, ''],
  ])
  expect(arrived.map(sentSignature)).toEqual(arrived.map((request) => HUAWEI.signatureOf(request)))
})
