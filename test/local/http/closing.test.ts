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

describe('what waits for a run', () => {
  const prefer = { headers: { prefer: 'respond-async, wait=5' } }

  test('is in the way of nothing else, and what comes too much does not wait', async () => {
    const held = Promise.withResolvers<void>()
    const asked: unknown[] = []
    const { url } = await start({
      maxWaiting: 2,
      maxInLine: 1,
      invoke: async (_, event, waits) => {
        const { prefer: told } = (event as { headers: Record<string, string> }).headers // an event of an HTTP API
        asked.push([waits, told])
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
  test('answers what is in hand, takes nothing new, and is gone then', async () => {
    const held = Promise.withResolvers<void>()
    let asked = 0
    const gateway = await start({
      invoke: async () => {
        asked++
        await held.promise
        return { statusCode: 200, body: 'done' }
      },
    })
    const inHand = fetch(`${gateway.url}/x`)
    await expect.poll(() => asked).toBe(1)
    let isClosed = false
    const closing = gateway.close(10_000).then(() => {
      isClosed = true
    })
    await sleep(50)
    await expect(fetch(`${gateway.url}/x`)).rejects.toThrow()
    expect([isClosed, asked]).toEqual([false, 1])
    held.resolve()
    expect(await (await inHand).text()).toBe('done')
    await closing
  })

  test('refuses what comes on a connection that was kept alive, and says that it may come again', async () => {
    const held = Promise.withResolvers<void>()
    const gateway = await start({
      invoke: async () => {
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
    // Pipelined: the second is read when the first is answered.
    socket.write('GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await sleep(50)
    const closing = gateway.close(10_000)
    socket.write('GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n')
    await sleep(50)
    held.resolve()
    await Promise.all([closing, gone])
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503'])
    expect(text).toContain('retry-after: 5')
  })

  test('does not wait for connections on which nothing is asked', async () => {
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

  test('cuts off what does not end within its grace', async () => {
    const gateway = await start({ invoke: () => new Promise(() => undefined) })
    const inHand = fetch(`${gateway.url}/x`).catch(String)
    await sleep(50)
    await gateway.close(100)
    expect(await inHand).toContain('fetch failed')
  })
})
