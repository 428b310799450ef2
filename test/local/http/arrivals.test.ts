import { connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type Arrivals, createArrivals } from '../../../lib/local/http/arrivals.ts'
import { startGateway } from '../../../lib/local/http/gateway.ts'

/** Lets one connection arrive in each of `turns` turns of the event loop. @returns after how many the answers stopped waiting */
async function turnsOf(arrivals: Arrivals, comingFor: number): Promise<number> {
  for (let turns = 0; ; turns++) {
    if (turns < comingFor) arrivals.came()
    if (!arrivals.over) return turns
    await turn()
  }
}

test('answers wait until no more connections come', async () => {
  const arrivals = createArrivals(() => 0)
  expect(arrivals.over).toBeUndefined()
  expect(await turnsOf(arrivals, 30)).toBeGreaterThanOrEqual(30)
})

test('where there is no end of them, answers wait for 20 ms', async () => {
  let nowMs = 0
  const arrivals = createArrivals(() => (nowMs += 5))
  arrivals.came()
  const first = arrivals.over
  const coming = turnsOf(arrivals, 30)
  await first
  expect(nowMs).toBe(5 + 20)
  await coming
})

test('who comes at the same moment is accepted before anybody is answered', async () => {
  const real = createArrivals(() => 0)
  let accepted = 0
  const acceptedAtAnswer: number[] = []
  const gateway = await startGateway({
    ...{
      access: { address: '127.0.0.1' },
      port: 0,
      routes: [],
      invoke: async () => undefined,
      onError: (error) => expect.fail(String(error)),
    },
    localRoutes: {
      'GET /': async () => {
        acceptedAtAnswer.push(accepted)
        return { statusCode: 200 }
      },
    },
    arrivals: {
      came: () => {
        accepted++
        real.came()
      },
      get over() {
        return real.over
      },
    },
  })
  const { hostname, port } = new URL(gateway.url)
  const sockets = Array.from({ length: 20 }, () => connect(Number(port), hostname))
  const answered = sockets.map((socket) => {
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n')
    return new Promise((resolve) => socket.once('data', resolve))
  })
  await Promise.all(answered)
  for (const socket of sockets) socket.destroy()
  await gateway.close()
  expect(acceptedAtAnswer).toEqual(Array.from({ length: 20 }, () => 20))
})
