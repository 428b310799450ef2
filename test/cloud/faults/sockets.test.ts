import type { Socket } from 'node:net'
import { describe, expect, test } from 'vitest'
import type { Effect } from '../../../lib/cloud/operation.ts'
import { EFFECTS, HUAWEI, scene } from '../clouds.ts'
import { closedOrigin, httpServer, tcpServer } from '../servers.ts'

/** Deadline of calls that nothing else ends; a busy machine can still send them. */
const DEADLINE_MS = 1_500

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'

/** The server's action on a connection after the first bytes of a request. */
const TRICKLE: Fault = (socket) => {
  const text = `${HEAD}content-length: 11\r\n\r\n${HUAWEI.ok}`
  let sent = 0
  const timer = setInterval(() => socket.write(text.charAt(sent++)), 100)
  socket.on('close', () => clearInterval(timer))
}

type Fault = (socket: Socket) => unknown

const FAULTS: { name: string; does: Fault; kind: string; requests: number }[] = [
  { name: 'never answers', does: () => {}, kind: 'timeout', requests: 1 },
  { name: 'ends the connection without a word', does: (socket) => socket.end(), kind: 'network', requests: 3 },
  { name: 'resets before the headers', does: (socket) => socket.resetAndDestroy(), kind: 'network', requests: 3 },
  {
    name: 'sends half a status line and hangs',
    does: (socket) => socket.write('HTTP/1'),
    kind: 'timeout',
    requests: 1,
  },
  { name: 'sends half a status line and ends', does: (socket) => socket.end('HTTP/1'), kind: 'network', requests: 3 },
  {
    name: 'sends headers and hangs',
    does: (socket) => socket.write(`${HEAD}content-length: 11\r\n\r\n`),
    kind: 'timeout',
    requests: 1,
  },
  {
    name: 'sends headers and resets',
    does: (socket) => socket.write(`${HEAD}content-length: 11\r\n\r\n`, () => socket.resetAndDestroy()),
    kind: 'network',
    requests: 3,
  },
  { name: 'trickles a byte at a time', does: TRICKLE, kind: 'timeout', requests: 1 },
  {
    name: 'promises more bytes than it sends',
    does: (socket) => socket.end(`${HEAD}content-length: 1000\r\n\r\n${HUAWEI.ok}`),
    kind: 'network',
    requests: 3,
  },
  {
    name: 'promises more bytes than it sends and hangs',
    does: (socket) => socket.write(`${HEAD}content-length: 1000\r\n\r\n${HUAWEI.ok}`),
    kind: 'timeout',
    requests: 1,
  },
  {
    name: 'cuts off between two chunks',
    does: (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\nb\r\n${HUAWEI.ok}\r\n`),
    kind: 'network',
    requests: 3,
  },
  {
    name: 'cuts off within a chunk',
    does: (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\nff\r\n${HUAWEI.ok}`),
    kind: 'network',
    requests: 3,
  },
  { name: 'speaks another protocol', does: (socket) => socket.end('220 mail ready\r\n'), kind: 'network', requests: 3 },
  {
    name: 'switches the protocol unasked',
    does: (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    kind: 'network',
    requests: 3,
  },
  {
    name: 'sends headers without end',
    does: (socket) => socket.write(`${HEAD}x-padding: ${'x'.repeat(128 * 1024)}\r\n`),
    kind: 'network',
    requests: 3,
  },
]

describe.for(FAULTS)('a server that $name', ({ does, kind, requests }) => {
  const failureOf = async (effect: Effect): Promise<object> => {
    let seen = 0
    const { origin } = await tcpServer((socket) => {
      socket.once('data', () => {
        seen++
        does(socket)
      })
    })
    const facts = await scene(HUAWEI, origin).failure(effect, kind === 'timeout' ? DEADLINE_MS : undefined)
    // The deadline ended it, not the time-out for silence.
    const [, givenMs] = /^no complete answer within (\d+) ms$/.exec(facts.what) ?? []
    const isByDeadline = givenMs !== undefined && Number(givenMs) <= DEADLINE_MS
    return { effect, kind: facts.kind, change: facts.change, seen, isByDeadline }
  }

  test('fails every call, where nothing else ends it by its deadline', async () => {
    expect(await Promise.all(EFFECTS.map(failureOf))).toEqual(
      EFFECTS.map((effect) => ({
        effect,
        kind,
        change: effect === 'read' ? 'none' : 'unknown',
        seen: effect === 'once' ? 1 : requests,
        isByDeadline: kind === 'timeout',
      })),
    )
  })
})

test.for(EFFECTS)('a server that accepts and closes at once leaves a call that is %s in doubt', async (effect) => {
  const { origin, sockets } = await tcpServer((socket) => socket.end())
  expect(await scene(HUAWEI, origin).failure(effect)).toMatchObject({
    kind: 'network',
    change: effect === 'read' ? 'none' : 'unknown',
  })
  expect(sockets).toHaveLength(effect === 'once' ? 1 : 3)
})

test('a server that accepts and resets at once is in doubt only where bytes were written', async () => {
  const { origin } = await tcpServer((socket) => socket.resetAndDestroy())
  const { failure } = scene(HUAWEI, origin)
  for (const _ of Array(10)) {
    const { kind, change, what } = await failure('once')
    expect([kind, change]).toEqual(['network', what.startsWith('no connection') ? 'none' : 'unknown'])
  }
})

describe('where no connection comes about, nothing has begun', () => {
  const tls = async (does: Fault): Promise<string> => (await tcpServer(does)).origin.replace('http:', 'https:')

  const hangUp: Fault = (socket) => {
    socket.once('data', () => socket.end())
  }

  const ENDPOINTS: [string, () => Promise<string>, 'network' | 'timeout'][] = [
    ['a port where nobody listens', closedOrigin, 'network'],
    ['a host that does not exist', async () => 'http://no-such-host.invalid', 'network'],
    ['a TLS endpoint that speaks plain text', () => tls((socket) => socket.end('HTTP/1.1 400 no\r\n\r\n')), 'network'],
    ['a TLS endpoint that hangs up', () => tls(hangUp), 'network'],
    ['a TLS endpoint that never answers', () => tls(() => {}), 'timeout'],
  ]

  test.for(ENDPOINTS)('%s', async ([, endpoint, kind]) => {
    const { failure, waits } = scene(HUAWEI, await endpoint())
    expect(await failure('once', kind === 'network' ? undefined : 400)).toEqual({
      operation: 'test.thing.once',
      kind,
      change: 'none',
      what: expect.stringMatching(/^no connection/),
    })
    // Nothing was sent: even a change is repeated where time is left.
    expect(waits).toEqual(kind === 'network' ? [0, 0] : [])
  })
})

test('an answer that came before its connection broke is an answer', async () => {
  const { origin } = await tcpServer((socket) => {
    socket.once('data', () => socket.end(`${HEAD}content-length: 11\r\n\r\n${HUAWEI.ok}`))
  })
  expect(await scene(HUAWEI, origin).run('once')).toEqual({ ok: true })
})

test('a connection that died while it was kept costs a read one more', async () => {
  const { origin, arrived } = await httpServer((response, { socket }) => {
    response.writeHead(200, { 'keep-alive': 'timeout=60' }).end(HUAWEI.ok)
    setTimeout(() => socket.resetAndDestroy(), 5)
  })
  const { run } = scene(HUAWEI, origin)
  for (const _ of Array(5)) {
    expect(await run('read')).toEqual({ ok: true })
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(arrived).toHaveLength(5)
})
