import { expect, onTestFinished, test } from 'vitest'
import { createSend } from '../../../lib/cloud/send.ts'
import { HUAWEI, scene } from '../clouds.ts'
import { httpServer, tcpServer } from '../servers.ts'

/** The result of a wait, and its seconds. */
async function timed<Outcome>(wait: Promise<Outcome>): Promise<{ seconds: number; outcome: Outcome | unknown }> {
  const startedMs = performance.now()
  const outcome = await wait.catch((thrown: unknown) => thrown)
  return { outcome, seconds: Math.floor((performance.now() - startedMs) / 1_000) }
}

async function silentInTheMiddle(): Promise<unknown> {
  const { origin } = await httpServer((response) => response.writeHead(200).write('{'))
  return timed(scene(HUAWEI, origin).failure('once', 60_000))
}

async function noConnection(): Promise<unknown> {
  // TCP is accepted, but TLS never answered.
  const { origin } = await tcpServer(() => {})
  const send = createSend()
  onTestFinished(() => send.close())
  const request = { origin: origin.replace('http:', 'https:'), method: 'GET', path: '/', headers: {} }
  return timed(send(request, { timeoutMs: 60_000, fresh: true }))
}

async function nextPollAfter(ms: number): Promise<unknown> {
  let requests = 0
  // No header says how long it keeps connections.
  const { origin, sockets } = await tcpServer((socket) =>
    socket.on('data', () => {
      requests++
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${HUAWEI.ok.length}\r\n\r\n${HUAWEI.ok}`)
    }),
  )
  const { run } = scene(HUAWEI, origin)
  await run('read')
  await new Promise((resolve) => setTimeout(resolve, ms))
  await run('read')
  return { requests, connections: sockets.length }
}

// In parallel, because each takes some seconds.
test('silence, a missing connection and an idle one each have a time-out', async () => {
  expect(await Promise.all([silentInTheMiddle(), noConnection(), nextPollAfter(5_500)])).toEqual([
    {
      seconds: expect.toSatisfy((seconds: number) => seconds >= 5),
      outcome: {
        operation: 'test.thing.once',
        kind: 'timeout',
        change: 'unknown',
        what: 'the answer stopped for 5000 ms',
      },
    },
    {
      seconds: expect.toSatisfy((seconds: number) => seconds >= 4),
      outcome: expect.objectContaining({
        kind: 'network',
        change: 'none',
        message: 'no connection (UND_ERR_CONNECT_TIMEOUT)',
      }),
    },
    { requests: 2, connections: 1 },
  ])
})
