import { describe, expect, test } from 'vitest'
import { createLimiter, type Limiter } from '../../lib/cloud/limiter.ts'
import { HUAWEI, scene, TENCENT, thing } from './clouds.ts'
import { chanceOf } from './generated.ts'
import { answers, httpServer } from './servers.ts'

const SEED = 20_261_121
const T0 = Date.parse('2026-01-01T00:00:00Z')
const NEVER = Number.POSITIVE_INFINITY

/** The maximum number in any one second. */
function busiestSecond(at: number[]): number {
  const sorted = at.toSorted((a, b) => a - b)
  return Math.max(...sorted.map((from) => sorted.filter((time) => time >= from && time < from + 1_000).length))
}

test('whatever the arrivals, no second takes more than its share, first come first served', () => {
  for (let seed = SEED; seed < SEED + 60; seed++) {
    const chance = chanceOf(seed)
    const perSecond = 1 + chance.below(20)
    const pauseMs = chance.pick([1, 10, 100, 2_000])
    const limiter = createLimiter()
    let nowMs = T0
    const slots = chance.list(30, 150, () => {
      nowMs += chance.below(pauseMs)
      return nowMs + (limiter.reserve({ account: 'key', api: 'api', perSecond, nowMs, latestMs: NEVER }) ?? Number.NaN)
    })
    expect(busiestSecond(slots), `seed ${seed}`).toBeLessThanOrEqual(perSecond)
    expect(slots, `seed ${seed}`).toEqual(slots.toSorted((a, b) => a - b))
  }
})

test('waits no longer than the rate asks for', () => {
  const limiter = createLimiter()
  const waits = Array.from({ length: 7 }, () =>
    limiter.reserve({ account: 'key', api: 'api', perSecond: 3, nowMs: T0, latestMs: NEVER }),
  )
  expect(waits).toEqual([0, 0, 0, 1_050, 1_050, 1_050, 2_100])
  expect(limiter.reserve({ account: 'key', api: 'api', perSecond: 3, nowMs: T0 + 2_000, latestMs: NEVER })).toBe(100)
  expect(limiter.reserve({ account: 'key', api: 'api', perSecond: 3, nowMs: T0 + 60_000, latestMs: NEVER })).toBe(0)
})

test('refuses what would come too late, and takes no slot for it', () => {
  const limiter = createLimiter()
  const reserve = (latestMs: number) =>
    limiter.reserve({ account: 'key', api: 'api', perSecond: 1, nowMs: T0, latestMs })
  expect(reserve(T0)).toBe(0)
  expect([reserve(T0), reserve(T0 + 1_049), reserve(T0 + 500)]).toEqual([undefined, undefined, undefined])
  expect(reserve(T0 + 1_050)).toBe(1_050)
})

test.for([
  [
    'account',
    (limiter: Limiter, key: string) =>
      limiter.reserve({ account: key, api: 'api', perSecond: 1, nowMs: T0, latestMs: NEVER }),
  ],
  [
    'API',
    (limiter: Limiter, key: string) =>
      limiter.reserve({ account: 'account', api: key, perSecond: 1, nowMs: T0, latestMs: NEVER }),
  ],
] as const)('counts each %s apart, a bounded number of them', ([, reserve]) => {
  const limiter = createLimiter()
  expect(['a', 'b', 'a', 'b', 'c'].map((key) => reserve(limiter, key))).toEqual([0, 0, 1_050, 1_050, 0])
  const crowded = createLimiter()
  for (let index = 0; index < 100; index++) reserve(crowded, `key-${index}`)
  expect(reserve(crowded, 'key-0')).toBe(1_050)
  reserve(crowded, 'one more')
  expect(reserve(crowded, 'key-0')).toBe(0)
})

test.for([
  ['since its first call', [T0], T0 - 3_600_000],
  ['after hours of calls', [T0, T0 + 7_200_000], T0 + 3_600_000],
] as const)('a clock that is set back %s does not stop the calls', ([, times, nowMs]) => {
  const limiter = createLimiter()
  for (const time of times)
    for (let call = 0; call < 5; call++)
      limiter.reserve({ account: 'key', api: 'api', perSecond: 5, nowMs: time, latestMs: NEVER })
  expect(
    limiter.reserve({ account: 'key', api: 'api', perSecond: 5, nowMs, latestMs: nowMs + 10_000 }) ?? NEVER,
  ).toBeLessThanOrEqual(1_050)
})

test('a clock that is set back a little does not forget what is taken', () => {
  const limiter = createLimiter()
  for (let call = 0; call < 5; call++)
    limiter.reserve({ account: 'key', api: 'api', perSecond: 5, nowMs: T0, latestMs: NEVER })
  expect(limiter.reserve({ account: 'key', api: 'api', perSecond: 5, nowMs: T0 - 500, latestMs: NEVER })).toBe(1_550)
})

describe('calls', () => {
  /** A clock that advances only to the end of the earliest sleep. */
  const sleepers = () => {
    let clock = T0
    const asleep: { untilMs: number; wake: () => void }[] = []
    const tick = (): void => {
      asleep.sort((a, b) => a.untilMs - b.untilMs)
      const first = asleep.shift()
      if (!first) return
      clock = Math.max(clock, first.untilMs)
      first.wake()
    }
    const sleep = (ms: number): Promise<void> =>
      new Promise((wake) => {
        asleep.push({ untilMs: clock + ms, wake })
        setImmediate(tick)
      })
    return { nowMs: () => clock, sleep }
  }

  const at = (deadlineAtMs: number, account?: string) => ({ region: 'test-1', deadlineAtMs, account })

  test('an API of the same name of another service has a limit of its own', async () => {
    const clock = sleepers()
    const send = async () => ({ status: 200, headers: {}, text: HUAWEI.ok })
    const provider = async () => HUAWEI.provider('http://127.0.0.1:1', {}, 1)
    const { call } = scene(HUAWEI, '', { ...clock, send, provider })
    const one = thing(HUAWEI, 'read')
    const other = { ...one, service: { ...one.service, name: 'other' } }
    await Promise.all([one, other].map((operation) => call(operation, { id: 'a' }, at(T0 + 60_000))))
    expect(clock.nowMs()).toBe(T0)
  })

  test('50 at once of one Tencent Cloud API never make more than 20 in a second', async () => {
    const clock = sleepers()
    const sent: number[] = []
    const send = async () => {
      sent.push(clock.nowMs())
      return { status: 200, headers: {}, text: TENCENT.ok }
    }
    const provider = async () => TENCENT.provider('http://127.0.0.1:1', {}, 20)
    const { call } = scene(TENCENT, '', { ...clock, send, provider })
    const calls = Array.from({ length: 50 }, () => call(thing(TENCENT, 'read'), { id: 'a' }, at(T0 + 60_000)))
    expect(await Promise.all(calls)).toHaveLength(50)
    expect(busiestSecond(sent)).toBe(20)
    expect(Math.max(...sent)).toBe(T0 + 2_100)
  })

  test('on real sockets take the time that the rate asks for', async () => {
    const { origin, arrived } = await httpServer(answers(200, TENCENT.ok))
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
    const { run } = scene(TENCENT, '', { sleep, provider: async () => TENCENT.provider(origin, {}, 4) })
    const startedMs = Date.now()
    await Promise.all(Array.from({ length: 9 }, () => run('once')))
    // The delay depends on the machine.
    const waited = [4, 8].map((index) => (arrived[index]?.atMs ?? 0) - startedMs)
    expect([arrived.length, ...waited.map((ms, index) => ms >= 1_000 * (index + 1))]).toEqual([9, true, true])
  })

  test('that would come after their deadline are refused unsent', async () => {
    const { origin, arrived } = await httpServer(answers(200, TENCENT.ok))
    const { run, failure, waits } = scene(TENCENT, '', {
      provider: async () => TENCENT.provider(origin, {}, 2),
      nowMs: () => 1_000_000,
    })
    // A slot more than five seconds before the deadline: the third would come a second later.
    const [, , refused] = await Promise.all([run('once', 5_900), run('once', 5_900), failure('once', 5_900)])
    expect(refused).toEqual({
      operation: 'test.thing.once',
      kind: 'throttled',
      change: 'none',
      what: 'too many calls of Thing wait for the rate limit of 2 a second',
      unsent: true,
    })
    expect([arrived.length, waits]).toEqual([2, []])
  })

  test('that are sent again wait for their turn again', async () => {
    const clock = sleepers()
    const sent: number[] = []
    const send = async () => {
      sent.push(clock.nowMs() - T0)
      return { status: 429, headers: {}, text: '' }
    }
    const provider = async () => HUAWEI.provider('http://127.0.0.1:1', {}, 1)
    const { failure } = scene(HUAWEI, '', { ...clock, send, provider })
    expect(await failure('read', 10_000)).toMatchObject({ kind: 'throttled', status: 429 })
    expect(sent).toEqual([0, 1_050, 2_100])
  })

  test('are counted together by account and API, whatever the operation', async () => {
    const waits: number[] = []
    const send = async () => ({ status: 200, headers: {}, text: HUAWEI.ok })
    const { call } = scene(HUAWEI, '', {
      ...{ send, nowMs: () => T0, sleep: async (ms: number) => void waits.push(ms) },
      provider: async (_name, { account = 'one' }) => HUAWEI.provider('http://127.0.0.1:1', { id: account }, 1),
    })
    const run = async (api: string, effect: 'read' | 'once', account?: string): Promise<number | undefined> => {
      waits.length = 0
      await call(thing(HUAWEI, effect, { api }), { id: 'a' }, at(T0 + 60_000, account))
      return waits[0]
    }
    expect([
      await run('A', 'read'),
      await run('A', 'once'),
      await run('B', 'read'),
      await run('A', 'read', 'other'),
      await run('B', 'once', 'other'),
      await run('A', 'read', 'one'),
    ]).toEqual([undefined, 1_050, undefined, undefined, undefined, 2_100])
  })
})
