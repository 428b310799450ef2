import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { type Call, createCall } from '../../lib/cloud/call.ts'
import { CloudError, type CloudErrorFacts } from '../../lib/cloud/errors.ts'
import { huaweiProvider } from '../../lib/cloud/huawei/provider.ts'
import { type Effect, operation } from '../../lib/cloud/operation.ts'
import { createSend, MAX_ANSWER_BYTES } from '../../lib/cloud/send.ts'
import { DCS } from '../../lib/services/dcs/service.ts'

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void

let server: Server
let behaviour: Behaviour
let requests: IncomingMessage[]
let waits: number[]
let send: ReturnType<typeof createSend>
let call: Call

beforeEach(async () => {
  requests = []
  waits = []
  server = createServer((request, response) => {
    requests.push(request)
    request.resume().on('end', () => behaviour(request, response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  send = createSend()
  call = createCall({
    send,
    provider: async (_name, { region }) => huaweiProvider(DCS, CREDENTIALS, { region, endpoint: endpoint() }),
    nowMs: Date.now,
    random: () => 0.5,
    sleep: async (ms) => {
      waits.push(ms)
    },
  })
})

afterEach(async () => {
  await send.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const CREDENTIALS = { accessKey: 'AK-of-the-test', secretKey: 'SK-of-the-test', projectId: '0'.repeat(32) }

const endpoint = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}` // listening on TCP

const thing = (effect: Effect) =>
  operation({
    name: `test.thing.${effect}`,
    service: DCS,
    api: 'Thing',
    docs: 'https://example.com',
    effect,
    input: z.strictObject({ id: z.string() }),
    output: z.object({ ok: z.literal(true) }),
    request: ({ id }) => ({ method: 'PUT', path: `/v2/{project_id}/things/${id}`, body: { id } }),
  })

const context = (ms = 60_000) => ({ region: 'cn-north-4', deadlineAtMs: Date.now() + ms })

async function failure(effect: Effect, ms?: number): Promise<CloudErrorFacts> {
  const error = await call(thing(effect), { id: 'a' }, context(ms)).catch((thrown: unknown) => thrown)
  if (error instanceof CloudError) return error.facts
  throw new Error(`no CloudError but ${String(error)}`)
}

const answer =
  (status: number, body: string, headers: Record<string, string> = {}): Behaviour =>
  (_request, response) =>
    response.writeHead(status, headers).end(body)

test('sends one signed request and gives the checked output', async () => {
  behaviour = answer(200, '{"ok":true,"more":1}')
  expect(await call(thing('once'), { id: 'a' }, context())).toEqual({ ok: true })
  expect(requests.map(({ method, url }) => [method, url])).toEqual([['PUT', `/v2/${'0'.repeat(32)}/things/a`]])
  expect(requests[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'x-project-id': '0'.repeat(32),
    authorization: expect.stringMatching(
      /^SDK-HMAC-SHA256 Access=AK-of-the-test, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature=[0-9a-f]{64}$/,
    ),
  })
})

test('refuses bad input before anything is sent', async () => {
  const error = await call(thing('once'), { id: 1 } as never, context()).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    facts: { kind: 'input', change: 'none', unsent: true },
    message: expect.stringContaining('id: '),
  })
  expect(requests).toHaveLength(0)
})

describe('a misbehaving server', () => {
  const SITUATIONS: {
    name: string
    does: Behaviour
    kind: string
    change: string
    once: number
    read: number
  }[] = [
    { name: 'hangs', does: () => {}, kind: 'timeout', change: 'unknown', once: 1, read: 1 },
    {
      name: 'resets',
      does: (request) => request.socket.destroy(),
      kind: 'network',
      change: 'unknown',
      once: 1,
      read: 3,
    },
    {
      name: 'cuts the body',
      does: (request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{"ok"')
        setTimeout(() => request.socket.destroy(), 20)
      },
      kind: 'network',
      change: 'unknown',
      once: 1,
      read: 3,
    },
    { name: 'answers HTML', does: answer(200, '<html>'), kind: 'unreadable', change: 'unknown', once: 1, read: 3 },
    { name: 'answers nothing', does: answer(200, ''), kind: 'unreadable', change: 'unknown', once: 1, read: 3 },
    { name: 'answers other JSON', does: answer(200, '{}'), kind: 'unreadable', change: 'unknown', once: 1, read: 3 },
    {
      name: 'answers without end',
      does: answer(200, 'x'.repeat(MAX_ANSWER_BYTES + 1)),
      kind: 'unreadable',
      change: 'unknown',
      once: 1,
      read: 3,
    },
    {
      name: 'answers 502 with HTML',
      does: answer(502, '<html>'),
      kind: 'unavailable',
      change: 'unknown',
      once: 1,
      read: 3,
    },
    {
      name: 'redirects',
      does: answer(302, '', { location: 'http://127.0.0.1:1/elsewhere' }),
      kind: 'unreadable',
      change: 'unknown',
      once: 1,
      read: 3,
    },
    {
      name: 'answers 200 with an error',
      does: answer(200, '{"error_code":"DCS.4111","error_msg":"restarting"}'),
      kind: 'busy',
      change: 'unknown',
      once: 1,
      read: 1,
    },
    { name: 'throttles', does: answer(429, ''), kind: 'throttled', change: 'none', once: 3, read: 3 },
    { name: 'answers 500', does: answer(500, '{}'), kind: 'unavailable', change: 'unknown', once: 1, read: 3 },
    {
      name: 'refuses',
      does: answer(400, '{"error_code":"DCS.4855","error_msg":"no"}'),
      kind: 'unsupported',
      change: 'none',
      once: 1,
      read: 1,
    },
  ]

  /** Only hanging servers need the deadline. */
  const msOf = ({ name }: { name: string }): number => (name === 'hangs' ? 5_500 : 60_000)

  test.for(SITUATIONS)('that $name: a change is $kind/$change after $once request(s)', async (situation) => {
    behaviour = situation.does
    expect(await failure('once', msOf(situation))).toMatchObject({
      kind: situation.kind,
      change: situation.change,
    })
    expect(requests).toHaveLength(situation.once)
  })

  test.for(SITUATIONS)('that $name: a read is $kind after $read request(s), and changed nothing', async (situation) => {
    behaviour = situation.does
    expect(await failure('read', msOf(situation))).toMatchObject({ kind: situation.kind, change: 'none' })
    expect(requests).toHaveLength(situation.read)
  })
})

test('a port where nobody listens leaves no doubt: nothing was sent', async () => {
  server.closeAllConnections()
  const port = endpoint()
  await new Promise((resolve) => server.close(resolve))
  const deaf = createCall({
    send,
    provider: async (_name, { region }) => huaweiProvider(DCS, CREDENTIALS, { region, endpoint: port }),
    nowMs: Date.now,
    random: () => 0,
    sleep: async () => {},
  })
  const error = await deaf(thing('once'), { id: 'a' }, context()).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ facts: { kind: 'network', change: 'none' } })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

test('signs anew for every attempt', async () => {
  let clock = Date.parse('2026-01-01T00:00:00Z')
  const ticking: Call = createCall({
    send,
    provider: async (_name, { region }) => huaweiProvider(DCS, CREDENTIALS, { region, endpoint: endpoint() }),
    nowMs: () => clock,
    random: () => 0,
    sleep: async () => {
      clock += 1_000
    },
  })
  behaviour = answer(429, '')
  await expect(
    ticking<{ id: string }, unknown>(thing('read'), { id: 'a' }, { region: 'x', deadlineAtMs: clock + 60_000 }),
  ).rejects.toThrow()
  expect(requests.map(({ headers }) => headers['x-sdk-date'])).toEqual([
    '20260101T000000Z',
    '20260101T000001Z',
    '20260101T000002Z',
  ])
})

describe('waits', () => {
  test.for([
    ['in seconds', (): string => '1', [1_000 + 100, 1_000 + 200]],
    ['as a date', (): string => new Date(Date.now() + 1_500).toUTCString(), undefined],
  ] as const)('as long as the server asks, %s, if the deadline allows', async ([, header, exact]) => {
    behaviour = (_request, response): void => {
      response.writeHead(429, { 'retry-after': header() }).end()
    }
    await failure('read')
    expect(waits).toHaveLength(2)
    if (exact) expect(waits).toEqual(exact)
  })

  test('not at all, if what the server asks is past the deadline', async () => {
    behaviour = answer(429, '', { 'retry-after': '60' })
    expect(await failure('read', 30_000)).toMatchObject({ kind: 'throttled', retryAfterMs: 60_000 })
    expect(requests).toHaveLength(1)
  })
})

test('a server that asks to wait for ages is heard as a day', async () => {
  behaviour = answer(429, '', { 'retry-after': '1e13' })
  expect(await failure('read')).toMatchObject({ retryAfterMs: 86_400_000 })
})

test('an answer without end is not read to its end', async () => {
  behaviour = (_request, response): void => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
    }
    response.on('drain', more)
    more()
  }
  expect(await failure('once')).toMatchObject({
    kind: 'unreadable',
    change: 'unknown',
    what: `the answer is larger than ${MAX_ANSWER_BYTES} bytes`,
  })
})

describe('connections', () => {
  const connectionsOfSix = async (effect: Effect): Promise<number> => {
    behaviour = answer(200, '{"ok":true}')
    for (let count = 0; count < 6; count++) await call(thing(effect), { id: 'a' }, context())
    return new Set(requests.map(({ socket }) => socket)).size
  }

  test('are kept for reads', async () => {
    // Two if the second read comes before the pool has the first connection back.
    expect(await connectionsOfSix('read')).toBeLessThanOrEqual(2)
  })

  test('are fresh for what must happen once', async () => {
    expect(await connectionsOfSix('once')).toBe(6)
  })
})

test('sends nothing once the deadline has passed', async () => {
  behaviour = answer(200, '{"ok":true}')
  expect(await failure('once', -1)).toMatchObject({ kind: 'timeout', change: 'none' })
  expect(requests).toHaveLength(0)
})

test('an error message echoes no key and no signature', async () => {
  behaviour = (request, response) => {
    const error_msg = `fail: AK-of-the-test SK-of-the-test, canonicalRequest:PUT|/|${request.headers.authorization}`
    response.writeHead(401).end(JSON.stringify({ error_code: 'APIGW.0301', error_msg }))
  }
  const facts = await failure('once')
  expect(facts).toMatchObject({ kind: 'unauthenticated', code: 'APIGW.0301', what: 'fail: *** ***' })
})
