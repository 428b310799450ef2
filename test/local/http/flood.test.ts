import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type GatewayOptions, startGateway } from '../../../lib/local/http/gateway.ts'

/** Bounds of the memory and time that unknown senders can take from this process. */

const MB = 1024 * 1024
const route = (path: string, authorization: 'NONE' | 'AWS_IAM') => ({
  key: `POST ${path}`,
  method: 'POST',
  path,
  function: path,
  timeoutMs: 10_000,
  authorization,
})

const sockets: Socket[] = []
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  for (const close of closers.splice(0)) await close()
})

async function start(options: Partial<GatewayOptions> = {}) {
  const asked: string[] = []
  const gateway = await startGateway({
    routes: [route('/open', 'NONE'), route('/signed', 'AWS_IAM')],
    localRoutes: { 'POST /local': async () => ({ statusCode: 200 }) },
    instantRoutes: { 'GET /health': { status: 'ok' } },
    access: { address: '127.0.0.1' },
    port: 0,
    invoke: async (functionId) => {
      asked.push(functionId)
      return { statusCode: 200 }
    },
    onError: () => undefined,
    ...options,
  })
  closers.push(gateway.close)
  const post = (path: string, bytes = 2) => fetch(`${gateway.url}${path}`, { method: 'POST', body: 'x'.repeat(bytes) })
  return {
    ...gateway,
    asked,
    post,
    health: () => fetch(`${gateway.url}/health`, { signal: AbortSignal.timeout(60_000) }),
  }
}

interface Sender {
  socket: Socket
  text: string
  isClosed: boolean
}

/** Sends the head of a request and the given part of its body, then nothing. */
function begin(url: string, head: string, body = ''): Promise<Sender> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(`${head}\r\n\r\n${body}`, () => resolve(sender)))
    const sender: Sender = { socket, text: '', isClosed: false }
    socket.setEncoding('latin1').on('data', (text) => {
      sender.text += text
    })
    socket
      .on('error', () => undefined)
      .on('close', () => {
        sender.isClosed = true
      })
    sockets.push(socket)
  })
}

const declares = (path: string, bytes: number) => `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${bytes}`
const all = <T>(count: number, make: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, make))
const refused = (senders: Sender[]) => senders.filter(({ text }) => text.startsWith('HTTP/1.1 503')).length

describe('bodies that are not sent to their end', () => {
  test('hold a bounded amount of memory, and neither a check of health nor another function waits', async () => {
    const { url, health, post } = await start()
    const before = process.memoryUsage().arrayBuffers
    const senders = await all(400, () => begin(url, declares('/open', 10 * MB), 'x'.repeat(2 * MB)))
    await expect.poll(() => refused(senders)).toBeGreaterThanOrEqual(150)
    expect(await (await health()).json()).toEqual({ status: 'ok' })
    expect((await post('/signed')).status).toBe(200)
    await expect.poll(() => process.memoryUsage().arrayBuffers - before, { timeout: 10_000 }).toBeLessThan(150 * MB)
  })

  test.for(['/open', '/signed', '/local'])('take places in line before they are read: %s', async (path) => {
    const { url, asked, health, post } = await start({ maxInLine: 3 })
    const senders = await all(3, () => begin(url, declares(path, 1000), 'x'))
    await sleep(50)
    const fourth = await post(path)
    expect([fourth.status, fourth.headers.get('retry-after'), asked]).toEqual([503, '5', []])
    expect((await health()).status).toBe(200)

    // Hanging up frees the room.
    senders[0]?.socket.destroy()
    await expect.poll(async () => (await post(path)).status).toBe(200)
  })

  test('give their places back when their time is over', async () => {
    const { url, post } = await start({ maxInLine: 1, requestTimeoutMs: 200 })
    const slow = await begin(url, declares('/open', 1000), 'x')
    const drip = setInterval(() => slow.socket.write('x'), 20)
    await expect.poll(() => slow.isClosed).toBe(true)
    clearInterval(drip)
    expect(slow.text).toContain('408 Request Timeout')
    expect((await post('/open')).status).toBe(200)
  })

  test('that are refused are not listened to for longer, either', async () => {
    const { url } = await start({ maxInLine: 0, requestTimeoutMs: 200 })
    const slow = await begin(url, declares('/open', 1000), 'x')
    const drip = setInterval(() => slow.socket.write('x'), 20)
    await expect.poll(() => slow.isClosed).toBe(true)
    clearInterval(drip)
    expect(slow.text).toContain('503 Service Unavailable')
  })
})

test('strangers who fill the line of open pages keep nobody else out', async () => {
  const page = { ...route('/page', 'NONE'), key: 'GET /page', method: 'GET', function: 'api' }
  const signed = { ...route('/signed', 'AWS_IAM'), function: 'api' }
  const { url, post } = await start({ routes: [page, signed], maxInLine: 1, invoke: () => sleep(2_000) })
  const strangers = [1, 2, 3].map(() => fetch(`${url}/page`))
  await sleep(100)
  expect((await post('/signed')).status).toBe(200)
  expect((await Promise.all(strangers)).map(({ status }) => status).sort()).toEqual([200, 503, 503])
})

test('no body of a read is waited for', async () => {
  const page = { ...route('/page', 'NONE'), key: 'GET /page', method: 'GET' }
  const { url } = await start({ routes: [page] })
  const stranger = await begin(url, 'GET /page HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10')
  await expect.poll(() => stranger.text).toContain('200 OK')
})

test.for([
  ['/signed', 256 * 1024],
  ['/local', MB],
] as const)('%s takes %d bytes; one more is a problem of the body', async ([path, most]) => {
  const { asked, post } = await start()
  expect((await post(path, most)).status).toBe(200)
  asked.length = 0
  const refusal = await post(path, most + 1)
  expect([refusal.status, refusal.headers.get('content-type'), await refusal.json(), asked]).toEqual([
    413,
    'application/problem+json',
    {
      type: expect.stringMatching(/\/problems\/body-too-large$/),
      status: 413,
      title: 'The body is too large',
      detail: `the body has more than ${most} bytes`,
      errors: [{ pointer: '#', detail: `the body has more than ${most} bytes` }],
    },
    [],
  ])
})

describe('of a body that is refused', () => {
  const chunk = `${MB.toString(16)}\r\n${'x'.repeat(MB)}\r\n0\r\n\r\n`
  test.for([
    ['of up to 1 MiB the rest is dropped', `content-length: ${MB}`, 'x'.repeat(MB), ['refused', '200']],
    ['of more nothing is read', `content-length: ${MB + 1}`, 'x'.repeat(MB + 1), ['refused']],
    ['of unknown length nothing is read', 'transfer-encoding: chunked', chunk, ['refused']],
  ] as const)('%s', async ([, header, body, statuses]) => {
    const { url } = await start({ maxInLine: 0 })
    for (const [path, status] of [
      ['/nowhere', '404'],
      ['/open', '503'],
    ] as const) {
      const sender = await begin(url, `POST ${path} HTTP/1.1\r\nhost: localhost\r\n${header}`)
      await expect.poll(() => sender.text).toContain(`HTTP/1.1 ${status}`)
      sender.socket.write(`${body}GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`)
      await expect.poll(() => sender.isClosed).toBe(true)
      const answered = [...sender.text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, found]) => found)
      expect(answered).toEqual(statuses.map((one) => (one === 'refused' ? status : one)))
    }
  })
})

test('large bodies keep room from each other, not from those of the usual size', async () => {
  const { url, post } = await start()
  const senders = await all(3, () => begin(url, declares('/open', 10 * MB), 'x'.repeat(9 * MB)))
  await expect.poll(() => refused(senders)).toBe(1)
  expect((await post('/open', MB)).status).toBe(200)
  for (const { socket } of senders) socket.destroy()
  // An accepted request keeps its connection.
  const sent = async () => {
    const { status, headers } = await post('/open', 9 * MB).catch(() => new Response(null, { status: 503 }))
    return [status, headers.get('connection')]
  }
  await expect.poll(sent).toEqual([200, 'keep-alive'])
})

describe('connections', () => {
  test('beyond the most are closed without an answer, and one that ends makes room', async () => {
    const { url, health } = await start({ maxConnections: 2 })
    const [first, second] = await all(2, () => begin(url, 'GET /health HTTP/1.1\r\nhost: x'))
    await expect.poll(() => second?.text).toContain('{"status":"ok"}')
    await expect(health()).rejects.toThrow()
    first?.socket.destroy()
    await expect.poll(async () => (await health().catch(() => undefined))?.status).toBe(200)
  })

  test('that say nothing are closed', async () => {
    const { url } = await start({ requestTimeoutMs: 200 })
    const silent = await begin(url, 'GET /health HTTP/1.1\r\nhost: x')
    silent.socket.write('GET /he')
    const never = await new Promise<Sender>((resolve) => {
      const { hostname, port } = new URL(url)
      const socket = connect(Number(port), hostname, () => resolve(sender))
      const sender: Sender = { socket, text: '', isClosed: false }
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sender.isClosed = true
        })
        .resume()
      sockets.push(socket)
    })
    await expect.poll(() => [silent.isClosed, never.isClosed]).toEqual([true, true])
  })
})
