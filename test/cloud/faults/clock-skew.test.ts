import { describe, expect, test } from 'vitest'
import { CLOUDS, EFFECTS, HUAWEI, scene, sentSignature } from '../clouds.ts'
import { type Behaviour, httpServer } from '../servers.ts'

const MINUTE_MS = 60_000

const CASES = CLOUDS.flatMap((cloud) =>
  [-20, 20].flatMap((minutes) =>
    EFFECTS.map((effect) => ({ cloud, name: cloud.name, minutes, effect, skewMs: minutes * MINUTE_MS })),
  ),
)

/** Refuses signatures more than 5 minutes from the server's time. */
const strict =
  (cloud: (typeof CLOUDS)[number], skewMs: number): Behaviour =>
  (response, arrived) => {
    const nowMs = Date.now() + skewMs
    response.setHeader('date', new Date(nowMs).toUTCString())
    if (Math.abs(cloud.signedAtMs(arrived) - nowMs) <= 5 * MINUTE_MS) return response.end(cloud.ok)
    return response.writeHead(cloud.expired.status).end(cloud.refusal(cloud.expired.code, 'signature expired'))
  }

test.for(CASES)('$name: with a server $minutes min off a call that is $effect is signed twice', async (row) => {
  const { cloud, skewMs } = row
  const { origin, arrived } = await httpServer(strict(cloud, skewMs))
  const { run, waits } = scene(cloud, origin)
  expect(await run(row.effect)).toEqual({ ok: true })
  const [first = Number.NaN, second = Number.NaN, ...more] = arrived.map(cloud.signedAtMs)
  expect(more).toEqual([])
  expect(Math.abs(first - Date.now())).toBeLessThan(5 * MINUTE_MS)
  expect(Math.abs(second - Date.now() - skewMs)).toBeLessThan(5 * MINUTE_MS)
  expect(arrived.map(sentSignature)).toEqual(arrived.map((request) => cloud.signatureOf(request)))
  expect(waits).toEqual([])
})

test.for(CLOUDS)('$name: later calls know the clock that one call learnt', async (cloud) => {
  const { origin, arrived } = await httpServer(strict(cloud, 20 * MINUTE_MS))
  const { run } = scene(cloud, origin)
  for (const effect of EFFECTS) expect(await run(effect)).toEqual({ ok: true })
  expect(arrived).toHaveLength(4)
})

test.for(CLOUDS)('$name: of 8 calls at once each is signed at most twice', async (cloud) => {
  const { origin, arrived } = await httpServer(strict(cloud, 20 * MINUTE_MS))
  const { run } = scene(cloud, origin)
  await Promise.all(Array.from({ length: 8 }, () => run('once')))
  expect(arrived).toHaveLength(16)
})

describe.for(CLOUDS)('$name: a refusal', (cloud) => {
  const refused =
    (date: string): Behaviour =>
    (response) => {
      response.sendDate = false
      const headers = date ? { date } : {}
      response.writeHead(cloud.expired.status, headers).end(cloud.refusal(cloud.expired.code, 'signature expired'))
    }

  test.for([
    ['with the time that it was signed at', new Date().toUTCString(), 1],
    ['with a time 50 s off', new Date(Date.now() - 50_000).toUTCString(), 1],
    ['without a date', '', 1],
    ['with a date that is none', 'yesterday', 1],
    ['for another reason, although the clock is off', new Date(Date.now() + 20 * MINUTE_MS).toUTCString(), 2],
  ] as const)('%s ends after %3$d request(s)', async ([, date, requests]) => {
    const { origin, arrived } = await httpServer(refused(date))
    expect(await scene(cloud, origin).failure('once')).toMatchObject({ kind: 'unauthenticated', change: 'none' })
    expect(arrived).toHaveLength(requests)
  })
})

test('a clock that drifts on is learnt anew', async () => {
  let skewMs = 20 * MINUTE_MS
  const { origin, arrived } = await httpServer((response, request, count) =>
    strict(HUAWEI, skewMs)(response, request, count),
  )
  const { run } = scene(HUAWEI, origin)
  await run('once')
  skewMs = 0
  await run('once')
  expect(arrived).toHaveLength(4)
})

test.for(EFFECTS)('a clock that runs away is followed once by a call that is %s', async (effect) => {
  const { origin, arrived } = await httpServer((response, _arrived, count) => {
    const date = new Date(Date.now() + count * 20 * MINUTE_MS).toUTCString()
    response.writeHead(401, { date }).end(HUAWEI.refusal('APIGW.0301', 'signature expired'))
  })
  expect(await scene(HUAWEI, origin).failure(effect, 500)).toMatchObject({ kind: 'unauthenticated', change: 'none' })
  expect(arrived).toHaveLength(2)
})

test('the clock of one origin is not that of another', async () => {
  const late = await httpServer(strict(HUAWEI, -20 * MINUTE_MS))
  const right = await httpServer(strict(HUAWEI, 0))
  let endpoint = late.origin
  const { run } = scene(HUAWEI, '', { provider: async () => HUAWEI.provider(endpoint) })
  await run('read')
  endpoint = right.origin
  await run('read')
  expect([late.arrived.length, right.arrived.length]).toEqual([2, 1])
})

test('a refusal that may have been obeyed is not signed again for a change', async () => {
  const date = new Date(Date.now() + 20 * MINUTE_MS).toUTCString()
  // After a 5xx it is unknown how far the request had come.
  const { origin, arrived } = await httpServer((response) =>
    response.writeHead(500, { date }).end(HUAWEI.refusal('DCS.1001', 'bad token')),
  )
  expect(await scene(HUAWEI, origin).failure('once')).toMatchObject({ kind: 'unauthenticated', change: 'unknown' })
  expect(arrived).toHaveLength(1)
})
