import { beforeEach, describe, expect, test } from 'vitest'
import { withBreaker } from '../../lib/cloud/breaker.ts'
import type { Call, CallContext } from '../../lib/cloud/call.ts'
import { CloudError, type ErrorKind } from '../../lib/cloud/errors.ts'
import { HUAWEI, scene, TENCENT, thing } from './clouds.ts'
import { answers, httpServer } from './servers.ts'

let now: number
let fails: ErrorKind | 'unsent' | 'a bug' | undefined
/** Calls that reached the cloud. */
let reached: string[]
let call: Call

const inner: Call = async (operation, input, { account = '', region }) => {
  reached.push(`${operation.service.provider}/${account}/${region}`)
  if (fails === 'a bug') throw new RangeError(fails)
  const facts = { operation: operation.name, what: 'as told' }
  if (fails === 'unsent') throw new CloudError({ ...facts, kind: 'timeout', change: 'none', unsent: true })
  if (fails) throw new CloudError({ ...facts, kind: fails, change: 'unknown' })
  return operation.output.parse({ ok: true, input })
}

beforeEach(() => {
  now = 1_000_000
  fails = undefined
  reached = []
  call = withBreaker(inner, () => now)
})

const CONTEXT: CallContext = { region: 'cn-north-4', deadlineAtMs: 0 }

/** Whether the call reached the cloud. */
async function ask(cloud = HUAWEI, context: Partial<CallContext> = {}): Promise<boolean> {
  const before = reached.length
  await call(thing(cloud, 'read'), { id: 'a' }, { ...CONTEXT, ...context }).catch(() => undefined)
  return reached.length > before
}

async function askMany(count: number, kind: typeof fails): Promise<number> {
  fails = kind
  const before = reached.length
  for (let asked = 0; asked < count; asked++) await ask()
  return reached.length - before
}

test.for(['timeout', 'network', 'unavailable'] as const)(
  'after three calls without an answer (%s) none goes',
  async (kind) => {
    expect(await askMany(20, kind)).toBe(3)
  },
)

const GO = ['busy', 'throttled', 'denied', 'not-found', 'unreadable', 'unauthenticated', 'unsent', 'a bug'] as const
test.for([...GO, undefined])('calls that end as %s all go', async (kind) => {
  expect(await askMany(20, kind)).toBe(20)
})

test.for([undefined, 'busy', 'throttled'] as const)('an answer (%s) begins the count anew', async (kind) => {
  await askMany(2, 'timeout')
  await askMany(1, kind)
  expect(await askMany(20, 'timeout')).toBe(3)
})

test.for(['unsent', 'a bug'] as const)('a call that never was sent (%s) begins no count anew', async (kind) => {
  await askMany(2, 'timeout')
  await askMany(1, kind)
  expect(await askMany(20, 'timeout')).toBe(1)
})

test('a call that is held back has certainly not begun, and says when it may be sent', async () => {
  await askMany(3, 'timeout')
  now += 1_000
  const error = await call(thing(HUAWEI, 'once'), { id: 'a' }, CONTEXT).catch((thrown: unknown) => thrown)
  const what = 'huawei in cn-north-4 did not answer 3 calls in a row; not asked again for 4 s'
  expect((error as CloudError).facts).toEqual({
    ...{ operation: 'test.thing.once', kind: 'unavailable', change: 'none', what, retryAfterMs: 4_000, unsent: true },
  })
})

test('many that were under way when it was opened leave it alone for no longer', async () => {
  fails = 'timeout'
  await Promise.all(Array.from({ length: 20 }, () => call(thing(HUAWEI, 'read'), { id: 'a' }, CONTEXT).catch(() => {})))
  expect(reached).toHaveLength(20)
  now += 5_000
  expect(await ask()).toBe(true)
})

describe('when its time is over', () => {
  test('one call goes ahead, each time after twice as long, up to 30 s', async () => {
    await askMany(3, 'timeout')
    const waits: number[] = []
    for (let probe = 0; probe < 6; probe++) {
      const since = now
      while (!(await ask())) now += 500
      waits.push(now - since)
    }
    expect(waits).toEqual([5_000, 10_000, 20_000, 30_000, 30_000, 30_000])
  })

  test('of many at once one goes ahead', async () => {
    await askMany(3, 'timeout')
    now += 5_000
    reached = []
    await Promise.all(Array.from({ length: 20 }, () => ask()))
    expect(reached).toHaveLength(1)
  })

  test('an answer lets all through', async () => {
    await askMany(3, 'timeout')
    now += 5_000
    expect(await askMany(20, undefined)).toBe(20)
    expect(await askMany(20, 'timeout')).toBe(3)
  })

  test('a call whose worker died is not waited for', async () => {
    await askMany(3, 'timeout')
    now += 5_000
    const forever = new Promise<never>(() => {})
    let isFirst = true
    call = withBreaker(
      async (operation, input, context) => {
        if (reached.length < 3 || !isFirst) return inner(operation, input, context)
        isFirst = false
        reached.push('hangs')
        return forever
      },
      () => now,
    )
    reached = []
    await askMany(3, 'timeout')
    now += 5_000
    void ask()
    now += 5_000
    fails = undefined
    expect([await ask(), await ask()]).toEqual([true, true])
  })

  test('a clock that was set back does not keep it closed', async () => {
    await askMany(3, 'timeout')
    now -= 3_600_000
    expect(await ask()).toBe(true)
  })
})

test.for([
  ['another cloud', TENCENT, {}],
  ['another account', HUAWEI, { account: 'other' }],
  ['another region', HUAWEI, { region: 'cn-south-1' }],
] as const)('%s is asked all the same', async ([, cloud, context]) => {
  await askMany(3, 'timeout')
  expect([await ask(), await ask(cloud, context)]).toEqual([false, true])
})

test('a call that had no time left is no silence of the cloud: it was not asked', async () => {
  const { origin, arrived } = await httpServer(answers(200, HUAWEI.ok))
  const own = withBreaker(scene(HUAWEI, origin).call, Date.now)
  const asked = (leftMs: number): Promise<unknown> =>
    own(thing(HUAWEI, leftMs > 5_000 ? 'read' : 'once'), { id: 'a' }, { ...CONTEXT, deadlineAtMs: Date.now() + leftMs })
  for (let tooLate = 0; tooLate < 5; tooLate++) {
    await expect(asked(1_000)).rejects.toMatchObject({ facts: { kind: 'timeout', change: 'none' } })
  }
  expect([await asked(8_000), arrived.length]).toEqual([{ ok: true }, 1])
})
