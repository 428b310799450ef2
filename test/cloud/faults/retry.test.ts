import { describe, expect, test } from 'vitest'
import { backoffMs, mayPass, mayRepeat, retryAfterMs } from '../../../lib/cloud/retry.ts'
import { SendFailure } from '../../../lib/cloud/send.ts'
import { EFFECTS, errorOf, HUAWEI, scene, TENCENT, thing } from '../clouds.ts'
import { answers, httpServer, inTurn } from '../servers.ts'

test.for([
  [1, 0, undefined, 0],
  [1, 0.5, undefined, 100],
  [1, 1, undefined, 200],
  [2, 1, undefined, 400],
  [3, 1, undefined, 800],
  [5, 1, undefined, 2_000],
  [60, 1, undefined, 2_000],
  [1, 0, 5_000, 5_000],
  [2, 0.5, 5_000, 5_200],
] as const)(
  'attempt %d with chance %d and a Retry-After of %s ms waits %d ms',
  ([attempt, random, retryAfter, waitMs]) => {
    expect(backoffMs(attempt, random, retryAfter)).toBe(waitMs)
  },
)

const DATE = 'Sat, 21 Nov 2026 00:00:00 GMT'
const AT = Date.parse(DATE)

test.for([
  ['1', AT, 1_000],
  ['0.5', AT, 500],
  [DATE, AT - 3_000, 3_000],
  ['86401', AT, 86_400_000],
  ['Fri, 01 Jan 2100 00:00:00 GMT', AT, 86_400_000],
  ['0', AT, undefined],
  ['-1', AT, undefined],
  ['', AT, undefined],
  ['soon', AT, undefined],
  ['Infinity', AT, undefined],
  [DATE, AT + 1, undefined],
  [undefined, AT, undefined],
] as const)('Retry-After %j at %d is %s ms', ([header, serverNowMs, waitMs]) => {
  expect(retryAfterMs(header, serverNowMs)).toBe(waitMs)
})

test.for([
  ['throttled', 'none', [true, true, true], true],
  ['throttled', 'unknown', [true, true, false], true],
  ['unavailable', 'unknown', [true, true, false], true],
  ['timeout', 'unknown', [true, true, false], true],
  ['timeout', 'none', [true, true, true], true],
  ['network', 'none', [true, true, true], true],
  ['network', 'unknown', [true, true, false], true],
  ['unreadable', 'unknown', [true, true, false], true],
  ['busy', 'none', [false, false, false], true],
  ['failed', 'none', [false, false, false], false],
  ['input', 'none', [false, false, false], false],
  ['invalid', 'none', [false, false, false], false],
  ['unauthenticated', 'none', [false, false, false], false],
  ['denied', 'none', [false, false, false], false],
  ['not-found', 'none', [false, false, false], false],
  ['unsupported', 'none', [false, false, false], false],
  ['precondition', 'none', [false, false, false], false],
] as const)('%s with change %s may be sent again for read, idempotent, once: %j', ([kind, change, repeat, pass]) => {
  const failure = { operation: 'test', what: 'why', kind, change }
  expect(EFFECTS.map((effect) => mayRepeat(failure, effect))).toEqual(repeat)
  expect(mayPass(failure)).toBe(pass)
})

describe('the waits of a call', () => {
  test('grow from attempt to attempt, with chance from 0 to all', async () => {
    const { origin } = await httpServer(answers(500, ''))
    for (const [random, expected] of [
      [0, [0, 0]],
      [0.25, [50, 100]],
      [1, [200, 400]],
    ] as const) {
      const { failure, waits } = scene(HUAWEI, origin, { random: () => random })
      await failure('read')
      expect(waits).toEqual(expected)
    }
  })

  test('take a date of Retry-After by the clock of the server', async () => {
    // The server's clock is an hour behind ours; the wait is still 3 seconds.
    const ours = Date.now() - 3_600_000
    const headers = { date: new Date(ours).toUTCString(), 'retry-after': new Date(ours + 3_000).toUTCString() }
    const { origin } = await httpServer(answers(503, '', headers))
    const { failure, waits } = scene(TENCENT, origin)
    expect(await failure('read', 10_000)).toMatchObject({ kind: 'unavailable', retryAfterMs: 3_000 })
    expect(waits).toEqual([3_000, 3_000])
  })

  test('take the header before the hint in the text', async () => {
    const body = HUAWEI.refusal('APIGW.0308', 'over ratelimit,limit:5,time:1 second')
    const { origin } = await httpServer(answers(429, body, { 'retry-after': '2' }))
    const { failure, waits } = scene(HUAWEI, origin)
    await failure('once', 10_000)
    expect(waits).toEqual([2_000, 2_000])
  })

  test.for([
    ['1 second', 10_000, [1_000, 1_000], 3, 1_000],
    ['1 minute', 10_000, [], 1, 60_000],
    ['1 second', 5_900, [], 1, 1_000],
  ] as const)('heed limit:5,time:%s with %d ms left', async ([time, leftMs, expected, requests, retryAfterMs]) => {
    const body = HUAWEI.refusal('APIGW.0308', `policy ip over ratelimit,limit:5,time:${time}`)
    const { origin, arrived } = await httpServer(answers(429, body))
    const { failure, waits } = scene(HUAWEI, origin)
    expect(await failure('once', leftMs)).toMatchObject({ kind: 'throttled', change: 'none', retryAfterMs })
    expect([waits, arrived.length]).toEqual([expected, requests])
  })
})

test('the deadline bounds all attempts and waits together', async () => {
  let clock = 1_000_000
  const timeouts: number[] = []
  const { failure } = scene(HUAWEI, 'http://127.0.0.1:1', {
    nowMs: () => clock,
    random: () => 1,
    sleep: async (ms) => {
      clock += ms
    },
    send: async (_request, { timeoutMs }) => {
      timeouts.push(timeoutMs)
      clock += timeoutMs
      throw new SendFailure('no complete answer', { kind: 'timeout', change: 'unknown' })
    },
  })
  expect(await failure('read', 10_000)).toMatchObject({ kind: 'timeout' })
  // 8 s, a wait of 0.2 s, and the rest of 10 s.
  expect([timeouts, clock]).toEqual([[8_000, 1_800], 1_010_000])
})

test('a wait that leaves five seconds or less is not begun', async () => {
  let clock = 1_000_000
  const { failure, waits } = scene(HUAWEI, 'http://127.0.0.1:1', {
    nowMs: () => clock,
    random: () => 1,
    send: async () => {
      clock += 800
      throw new SendFailure('no connection', { kind: 'network', change: 'none' })
    },
  })
  expect(await failure('once', 6_000)).toMatchObject({ kind: 'network', change: 'none' })
  expect(waits).toEqual([])
})

test('a change that was surely not begun is sent again, and then begins once', async () => {
  const { origin, arrived } = await httpServer(inTurn(answers(429, ''), answers(429, ''), answers(200, HUAWEI.ok)))
  expect(await scene(HUAWEI, origin).run('once')).toEqual({ ok: true })
  expect(arrived).toHaveLength(3)
})

test('a doubt after a clear refusal ends the tries of a change', async () => {
  const { origin, arrived } = await httpServer(inTurn(answers(429, ''), answers(502, ''), answers(200, HUAWEI.ok)))
  expect(await scene(HUAWEI, origin).failure('once')).toMatchObject({ kind: 'unavailable', change: 'unknown' })
  expect(arrived).toHaveLength(2)
})

test('an error that nobody foresaw is passed on as it is', async () => {
  const send = () => Promise.reject(new RangeError('a bug'))
  const { run } = scene(HUAWEI, 'http://127.0.0.1:1', { send })
  await expect(run('read')).rejects.toThrow(RangeError)
})

describe('a change is not sent with little time for its answer', () => {
  test('after a wait that the server asked for', async () => {
    const { origin, arrived } = await httpServer(answers(429, '', { 'retry-after': '3' }))
    const { failure, waits } = scene(HUAWEI, origin)
    expect(await failure('once', 7_900)).toMatchObject({ kind: 'throttled', change: 'none', retryAfterMs: 3_000 })
    expect([arrived.length, waits]).toEqual([1, []])
  })

  test('after a wait for its turn', async () => {
    const { origin, arrived } = await httpServer(answers(200, HUAWEI.ok))
    const { run, failure, waits } = scene(HUAWEI, '', { provider: async () => HUAWEI.provider(origin, {}, 1) })
    await run('once', 5_900)
    expect(await failure('once', 5_900)).toMatchObject({ kind: 'throttled', change: 'none' })
    expect([arrived.length, waits]).toEqual([1, []])
  })

  test.for([
    [5_000, 1],
    [4_999, 0],
    [1, 0],
    [0, 0],
  ] as const)('nor the first time: with %d ms left %d are sent', async ([leftMs, count]) => {
    const nowMs = (): number => 1_000_000
    let sent = 0
    const send = async () => {
      sent++
      return { status: 200, headers: {}, text: HUAWEI.ok }
    }
    const { call } = scene(HUAWEI, 'http://127.0.0.1:1', { send, nowMs })
    const context = { region: 'test-1', deadlineAtMs: nowMs() + leftMs }
    const called = call(thing(HUAWEI, 'once'), { id: 'a' }, context)
    if (count > 0) expect(await called).toEqual({ ok: true })
    else {
      const what = 'not sent: too little time was left for an answer'
      expect((await errorOf(called)).facts).toEqual({
        ...{ operation: 'test.thing.once', kind: 'timeout', change: 'none', what, unsent: true },
      })
    }
    expect(sent).toBe(count)
  })

  test('nor after reading the credentials took the rest of the time', async () => {
    let now = 1_000_000
    const { origin, arrived } = await httpServer(answers(200, HUAWEI.ok))
    const provider = async () => {
      now += 3_001
      return HUAWEI.provider(origin)
    }
    const { failure } = scene(HUAWEI, '', { provider, nowMs: () => now })
    expect(await failure('once', 8_000)).toMatchObject({ kind: 'timeout', change: 'none' })
    expect(arrived).toHaveLength(0)
  })
})
