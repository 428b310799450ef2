import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { type Gateway, type GatewayOptions, startGateway } from '../../../lib/local/http/gateway.ts'

const started: Gateway[] = []
afterEach(async () => {
  for (const gateway of started.splice(0)) await gateway.close()
})

async function start(options: Partial<GatewayOptions>): Promise<Gateway> {
  const gateway = await startGateway({
    routes: [
      { key: 'GET /x', method: 'GET', path: '/x', function: 'x', timeoutMs: 10_000, authorization: 'NONE' as const },
    ],
    localRoutes: {},
    access: { address: '127.0.0.1' },
    port: 0,
    invoke: async () => ({ statusCode: 200 }),
    onError: () => undefined,
    ...options,
  })
  started.push(gateway)
  return gateway
}

describe('requests that wait for a run', () => {
  const prefer = { headers: { prefer: 'respond-async, wait=5' } }

  test('hold up no others, and those over the limit do not wait', async () => {
    const held = Promise.withResolvers<void>()
    const asked: unknown[] = []
    const { url } = await start({
      maxWaiting: 2,
      maxInLine: 1,
      invoke: async (_, event, { waits }) => {
        const { prefer: preference } = (event as { headers: Record<string, string> }).headers // an event of an HTTP API
        asked.push([waits, preference])
        if (waits) await held.promise
        return { statusCode: 200 }
      },
    })
    const waiting = [fetch(`${url}/x`, prefer), fetch(`${url}/x`, prefer)]
    await expect.poll(() => asked.length).toBe(2)
    expect([(await fetch(`${url}/x`, prefer)).status, (await fetch(`${url}/x`)).status]).toEqual([200, 200])
    expect(asked).toEqual([
      [true, 'respond-async, wait=5'],
      [true, 'respond-async, wait=5'],
      [false, undefined],
      [false, undefined],
    ])
    held.resolve()
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200])
  })
})

describe('a gateway that closes', () => {
  test('answers open requests, takes no new ones, and then frees the port', async () => {
    const held = Promise.withResolvers<void>()
    let asked = 0
    const gateway = await start({
      invoke: async () => {
        asked++
        await held.promise
        return { statusCode: 200, body: 'done' }
      },
    })
    const open = fetch(`${gateway.url}/x`)
    await expect.poll(() => asked).toBe(1)
    let isClosed = false
    const closing = gateway.close(10_000).then(() => {
      isClosed = true
    })
    await sleep(50)
    await expect(fetch(`${gateway.url}/x`)).rejects.toThrow()
    expect([isClosed, asked]).toEqual([false, 1])
    held.resolve()
    expect(await (await open).text()).toBe('done')
    await closing
  })

  test('answers 503 with retry-after to a request on a connection that was kept alive', async () => {
    const held = Promise.withResolvers<void>()
    let [arrived, asked] = [0, 0]
    const gateway = await start({
      // Read once for each request: shows that one has arrived, though no function is called for it.
      arrivals: {
        came: () => {},
        get over() {
          arrived++
          return undefined
        },
      },
      invoke: async () => {
        asked++
        await held.promise
        return { statusCode: 200 }
      },
    })
    const { hostname, port } = new URL(gateway.url)
    let text = ''
    const socket = connect(Number(port), hostname)
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    const gone = new Promise((resolve) => socket.on('close', resolve))
    socket.write('GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await expect.poll(() => asked).toBe(1)
    const closing = gateway.close(10_000)
    // Pipelined: it arrives before the first is answered.
    socket.write('GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await expect.poll(() => arrived).toBe(2)
    held.resolve()
    await Promise.all([closing, gone])
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503'])
    expect(text).toContain('retry-after: 5')
  })

  test('does not wait for connections without an open request', async () => {
    const gateway = await start({})
    const agent = new Agent({ keepAlive: true })
    await new Promise((resolve) =>
      request(`${gateway.url}/x`, { agent }, (response) => response.resume().on('end', resolve)).end(),
    )
    const begunAtMs = Date.now()
    await gateway.close(20_000)
    expect(Date.now() - begunAtMs).toBeLessThan(4_000)
    agent.destroy()
  })

  test('cuts off a request that does not end within the grace', async () => {
    let asked = 0
    const gateway = await start({
      invoke: () => {
        asked++
        return new Promise(() => undefined)
      },
    })
    const open = fetch(`${gateway.url}/x`).catch(String)
    await expect.poll(() => asked).toBe(1)
    await gateway.close(100)
    expect(await open).toContain('fetch failed')
  })
})
