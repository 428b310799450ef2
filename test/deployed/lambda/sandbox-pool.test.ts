import { afterEach, expect, test } from 'vitest'
import { clockOf, paceOf } from '../clock.ts'
import type { SandboxOptions } from './sandbox.ts'
import { type SandboxPool, sandboxPool } from './sandbox-pool.ts'

const lines: string[] = []
let pool: SandboxPool | undefined

interface Started extends Partial<SandboxOptions> {
  max?: number
}

const start = ({ max = 1, ...options }: Started = {}): SandboxPool => {
  const shared = { root: `${import.meta.dirname}/../fixtures`, name: 'probe', arn: 'arn:probe', memoryMb: 128 }
  const usual = { handler: 'handlers/probe.echo', timeoutSeconds: 60, env: {}, pace: paceOf() }
  pool = sandboxPool({ ...shared, ...usual, onLine: (line) => lines.push(line), ...options }, max)
  return pool
}
afterEach(() => pool?.close())

test('a sandbox sees only the environment that it is given', async () => {
  expect(await start({ env: { ONLY: 'this' } }).invoke({ do: 'env' })).toEqual({ ONLY: 'this' })
})

test('a handler gets the context of Lambda', async () => {
  expect(await start().invoke({ do: 'context' })).toEqual({
    functionName: 'probe',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:probe',
    memoryLimitInMB: '128',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    logGroupName: '/aws/lambda/probe',
    logStreamName: 'local',
    callbackWaitsForEmptyEventLoop: true,
    remaining: expect.closeTo(60_000, -4),
  })
})

test.for([
  ['nothing', { do: 'nothing' }, null],
  ['a date', { do: 'date' }, { at: '1970-01-01T00:00:00.000Z' }],
  ['undefined in the event', { a: undefined, b: 1 }, { b: 1 }],
] as const)('only JSON crosses: %s', async ([, event, expected]) => {
  expect(await start().invoke(event)).toEqual(expected)
})

test('one idle sandbox serves one call after the other', async () => {
  const { invoke } = start({ max: 4 })
  expect([await invoke({ do: 'count' }), await invoke({ do: 'count' })]).toEqual([1, 2])
})

test('a sandbox has the clock that it is given; it ends by that of the machine, and is told so in its own time', async () => {
  const pace = { begunAtMs: Date.now() - 3_600_000, speed: 10 }
  const { invoke } = start({ pace })
  const before = clockOf(pace)()
  const [now, date, ...given] = (await invoke({ do: 'now' })) as [number, string, string, string]
  const times = [before, now, Date.parse(date), clockOf(pace)()]
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  expect(given).toEqual(['1970-01-01T00:00:00.005Z', '2026-01-01T00:00:00.000Z'])
  expect(await invoke({ do: 'context' })).toMatchObject({ remaining: expect.closeTo(600_000, -5) })
})

test('calls at once have a sandbox each, up to the maximum, then wait', async () => {
  const { invoke } = start({ max: 2 })
  const begun = Date.now()
  await Promise.all([1, 2, 3].map(() => invoke({ do: 'sleep', ms: 300 })))
  expect(Date.now() - begun).toBeGreaterThan(590)
  const counts = await Promise.all([1, 2, 3, 4].map(() => invoke({ do: 'count' })))
  // As many first calls as there are sandboxes.
  expect(counts.filter((count) => count === 1).length).toBe(2)
})

test('calls that take their time keep no other waiting', async () => {
  const { invoke } = start()
  const ended: string[] = []
  const long = [1, 2].map(() => invoke({ do: 'sleep', ms: 1_000 }, { waits: true }).then(() => ended.push('long')))
  await invoke({ do: 'count' }).then(() => ended.push('short'))
  await Promise.all(long)
  expect(ended).toEqual(['short', 'long', 'long'])
})

test.for([
  ['throws', { do: 'throw' }, { kind: 'failed', errorType: 'TypeError', message: 'probe: broken' }],
  ['exits', { do: 'exit' }, { kind: 'crashed', message: 'probe: Runtime exited with status 3' }],
  ['hangs', { do: 'hang' }, { kind: 'timeout', message: 'probe: Task timed out after 1.00 seconds' }],
  ['never yields', { do: 'spin' }, { kind: 'timeout', message: 'probe: Task timed out after 1.00 seconds' }],
] as const)('a handler that %s is reported, and the next call is served', async ([, event, expected]) => {
  const { invoke } = start({ timeoutSeconds: 1 })
  await expect(invoke(event)).rejects.toMatchObject(expected)
  expect(await invoke({ do: 'count' })).toBe(1)
})

test('a time-out ends the sandbox, not only the wait', async () => {
  const beats = () => lines.filter((line) => line === 'beat').length
  await expect(start({ timeoutSeconds: 1 }).invoke({ do: 'beat' })).rejects.toMatchObject({ kind: 'timeout' })
  // For what was printed before to arrive.
  await new Promise((resolve) => setTimeout(resolve, 100))
  const before = beats()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect([before > 0, beats()]).toEqual([true, before])
})

test('a waiting call is served after a time-out', async () => {
  const { invoke } = start({ timeoutSeconds: 1 })
  const [hung, next] = await Promise.allSettled([invoke({ do: 'hang' }), invoke({ do: 'count' })])
  expect([hung.status, next]).toEqual(['rejected', { status: 'fulfilled', value: 1 }])
})

test('a handler that throws keeps its sandbox', async () => {
  const { invoke } = start()
  await invoke({ do: 'count' })
  await expect(invoke({ do: 'throw' })).rejects.toThrow('broken')
  expect(await invoke({ do: 'count' })).toBe(2)
})

test.for(['dist/missing.handler', 'handlers/probe.missing'])(
  'a handler that does not load is a crash: %s',
  async (handler) => {
    await expect(start({ handler }).invoke({})).rejects.toMatchObject({ kind: 'crashed' })
  },
)

test('what a handler prints comes line by line', async () => {
  await start().invoke({ do: 'log' })
  await expect.poll(() => lines.slice(-2)).toEqual(['one line', 'another'])
})

test('closing ends what runs and refuses what comes', async () => {
  const { invoke, close } = start()
  const outcomes = Promise.allSettled([invoke({ do: 'hang' }), invoke({ do: 'hang' })])
  await close()
  expect((await outcomes).map((outcome) => outcome.status === 'rejected' && outcome.reason.kind)).toEqual([
    'closed',
    'closed',
  ])
  await expect(invoke({})).rejects.toMatchObject({ kind: 'closed' })
})
