import { describe, expect, test } from 'vitest'
import { CLOUDS, HUAWEI, scene } from '../clouds.ts'
import { answers, httpServer, type TestServer } from '../servers.ts'

/** The number of connections that one pool opens. */
const CONNECTIONS = 16

const connectionsOf = ({ arrived }: TestServer): number => new Set(arrived.map(({ socket }) => socket)).size

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe.for(CLOUDS)('$name: connections', (cloud) => {
  test.for(['read', 'idempotent'] as const)('are kept between calls that are %s', async (effect) => {
    const server = await httpServer(answers(200, cloud.ok))
    const { run } = scene(cloud, server.origin)
    for (const _ of Array(6)) {
      await run(effect)
      // The pool reuses a connection a moment after its answer.
      await pause(5)
    }
    expect([server.arrived.length, connectionsOf(server)]).toEqual([6, 1])
  })

  test('are of its own for each call that must happen once', async () => {
    const server = await httpServer(answers(200, cloud.ok))
    const { run } = scene(cloud, server.origin)
    for (const _ of Array(4)) await run('once')
    await Promise.all(Array.from({ length: 8 }, () => run('once')))
    expect([server.arrived.length, connectionsOf(server)]).toEqual([12, 12])
    expect(server.arrived.map(({ headers }) => headers.connection)).toEqual(Array(12).fill('close'))
  })
})

test('no connection that a read has kept serves what must happen once', async () => {
  const server = await httpServer(answers(200, HUAWEI.ok))
  const { run } = scene(HUAWEI, server.origin)
  for (const effect of ['read', 'once', 'read', 'once'] as const) {
    await run(effect)
    await pause(5)
  }
  const sockets = server.arrived.map(({ socket }) => socket)
  expect(sockets.map((socket) => sockets.indexOf(socket))).toEqual([0, 1, 0, 3])
})

describe.for(['read', 'once'] as const)('a full pool of calls that are %s', (effect) => {
  test('has a bound, and serves those who wait in their order', async () => {
    let open = 0
    let most = 0
    // No answer is sent before all connections exist.
    const full = Promise.withResolvers<void>()
    const server = await httpServer(async (response) => {
      most = Math.max(most, ++open)
      await full.promise
      await pause(20)
      open--
      response.end(HUAWEI.ok)
    })
    const { run } = scene(HUAWEI, server.origin)
    const all = Promise.all(Array.from({ length: 3 * CONNECTIONS }, () => run(effect)))
    await expect.poll(() => open).toBe(CONNECTIONS)
    full.resolve()
    await all
    expect([server.arrived.length, most]).toEqual([3 * CONNECTIONS, CONNECTIONS])
  })

  test('never sends a request that was given up in the queue', async () => {
    const hanging: (() => void)[] = []
    const server = await httpServer((response) => hanging.push(() => response.end(HUAWEI.ok)))
    const { run, failure } = scene(HUAWEI, server.origin)
    const served = Array.from({ length: CONNECTIONS }, () => run(effect))
    await expect.poll(() => server.arrived.length).toBe(CONNECTIONS)
    const queued = await Promise.all(Array.from({ length: 20 }, () => failure(effect, 1_000)))
    expect(queued).toEqual(
      Array(20).fill({
        operation: `test.thing.${effect}`,
        kind: 'timeout',
        change: 'none',
        what: expect.stringMatching(/^(no connection within \d+ ms|not sent: no time was left)$/),
      }),
    )
    for (const answer of hanging) answer()
    expect(await Promise.all(served)).toEqual(Array(CONNECTIONS).fill({ ok: true }))
    await pause(50)
    expect(server.arrived).toHaveLength(CONNECTIONS)
    // The pool is as good as new.
    const after = run(effect)
    await expect.poll(() => server.arrived.length).toBe(CONNECTIONS + 1)
    for (const answer of hanging) answer()
    expect(await after).toEqual({ ok: true })
  })

  test('opens no connections for requests that were given up in the queue', async () => {
    const hanging: (() => void)[] = []
    const server = await httpServer((response) => hanging.push(() => response.end(HUAWEI.ok)))
    const { run, failure } = scene(HUAWEI, server.origin)
    const served = Array.from({ length: CONNECTIONS }, () => run(effect))
    await expect.poll(() => server.arrived.length).toBe(CONNECTIONS)
    await Promise.all(Array.from({ length: 100 }, () => failure(effect, 50)))
    for (const answer of hanging) answer()
    await Promise.all(served)
    // The next call would have to wait behind them; over TLS each costs several round trips. A connection of its own for each
    // call means that each client of the pool has opened its next one before it sees that nobody waits for it any more.
    const most = effect === 'once' ? 2 * CONNECTIONS : CONNECTIONS + 1
    const after = run(effect)
    await expect.poll(() => server.arrived.length).toBe(CONNECTIONS + 1)
    for (const answer of hanging) answer()
    await after
    expect(server.sockets.length).toBeLessThanOrEqual(most)
  })

  test('does not hold up calls to another origin', async () => {
    const full = await httpServer(() => {})
    const other = await httpServer(answers(200, HUAWEI.ok))
    let endpoint = full.origin
    const { run, failure } = scene(HUAWEI, '', { provider: async () => HUAWEI.provider(endpoint) })
    const stuck = Promise.all(Array.from({ length: 2 * CONNECTIONS }, () => failure(effect, 2_000)))
    await expect.poll(() => full.arrived.length).toBe(CONNECTIONS)
    endpoint = other.origin
    expect(await run(effect)).toEqual({ ok: true })
    await stuck
  })
})

test('a read that timed out leaves no connection with a late answer', async () => {
  let answerLate = (): unknown => undefined
  const server = await httpServer((response, _arrived, count) => {
    if (count > 1) response.end(HUAWEI.ok)
    else answerLate = () => response.end(HUAWEI.ok.replace('true', 'false'))
  })
  const { run, failure } = scene(HUAWEI, server.origin)
  expect(await failure('read', 1_000)).toMatchObject({ kind: 'timeout' })
  answerLate()
  await pause(60)
  expect(await run('read')).toEqual({ ok: true })
  expect(connectionsOf(server)).toBe(2)
})

test('calls that have ended leave no timer that keeps the process alive', async () => {
  const { origin } = await httpServer(answers(200, HUAWEI.ok))
  const { run } = scene(HUAWEI, origin)
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  for (const effect of ['read', 'once'] as const) {
    await Promise.all(Array.from({ length: 20 }, () => run(effect, 15_000)))
  }
  expect(timers() - before).toBeLessThan(20)
})

test('pools of more origins than are kept make way for new ones', async () => {
  const server = await httpServer(answers(200, HUAWEI.ok))
  const port = new URL(server.origin).port
  let endpoint = ''
  const { run } = scene(HUAWEI, '', { provider: async () => HUAWEI.provider(endpoint) })
  // All of 127/8 is this host.
  for (let host = 1; host <= 66; host++) {
    endpoint = `http://127.0.0.${host}:${port}`
    const outcome = await run('read', 5_000).catch((error: unknown) => error)
    if (host === 1) expect(outcome).toEqual({ ok: true })
  }
  endpoint = server.origin
  expect(await run('read')).toEqual({ ok: true })
  await pause(20)
  const [first, again] = [server.arrived.at(0), server.arrived.at(-1)]
  expect(first?.socket.destroyed).toBe(true)
  expect(again?.socket.destroyed).toBe(false)
})
