import { beforeEach, describe, expect, test } from 'vitest'
import { cancel } from '../../../lib/runs/cancel.ts'
import type { Fault } from '../../world/fake-dcs.ts'
import { Crash, createWorld, type World } from '../../world/world.ts'

const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const SWAP = { operation: 'dcs.instance.swap' }

let world: World

beforeEach(() => {
  world = createWorld()
})

/** The next change that is sent has no clear answer. */
const noAnswer = (fault: Partial<Fault> = {}, times = 1) => {
  let left = times
  world.cloud.fault = (operation) =>
    /swap|restart|flush|stop|start/.test(operation) && left-- > 0
      ? { kind: 'timeout', change: 'unknown', ...fault }
      : undefined
}
const statesOf = (id: string) =>
  (world.history.get(id) ?? []).map(({ state }) => state).filter((state, index, all) => state !== all[index - 1])
const sent = (operation: string) => world.cloud.calls.get(operation)

describe('a change whose answer was lost, and that has begun', () => {
  test('is found by its job, and followed to its end', async () => {
    noAnswer({ took: true })
    const { id } = await world.accept(SWAP)
    await world.pass(5 * MINUTE)
    expect(statesOf(id)).toEqual(['queued', 'submitting', 'tracking', 'verifying', 'succeeded'])
    expect(world.get(id).job).toEqual({ id: 'job-00000001' })
    expect(world.get(id).progress.observedCounts).toMatchObject({ 'found TASK masterStandbySwapJob RUNNING': 1 })
    expect([sent('dcs.instance.swap'), world.cloud.writes.length, world.published.length]).toEqual([1, 1, 1])
  })

  test('and has failed already is found as failed', async () => {
    world.cloud.workMs = () => 1_000
    world.cloud.workFails = () => true
    noAnswer({ took: true })
    const { id } = await world.accept(SWAP)
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'failed', outcome: { providerDone: true } })
    expect(sent('dcs.instance.swap')).toBe(1)
  })

  test.for([
    ['dcs.instance.restart', 'found INSTANCE RESTARTING'],
    ['dcs.instance.flush', 'found INSTANCE FLUSHING'],
    ['dcs.instance.stop', 'found INSTANCE CLOSING'],
  ] as const)('%s is found by the status of the instance', async ([operation, found]) => {
    noAnswer({ took: true, kind: 'unavailable' })
    const { id } = await world.accept({ operation })
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'succeeded', progress: { observedCounts: { [found]: 1 } } })
    expect(sent(operation)).toBe(1)
  })

  test('and shows on the resource alone is verified there', async () => {
    world.cloud.workMs = () => 1_000
    world.cloud.instance(INSTANCE).nodes = 'Inactive'
    noAnswer({ took: true })
    const { id } = await world.accept({ operation: 'dcs.node.start' })
    await world.pass(5 * MINUTE)
    expect(statesOf(id)).toEqual(['queued', 'submitting', 'verifying', 'succeeded'])
    expect(sent('dcs.node.start')).toBe(1)
  })

  test('is still searched for while the cloud cannot be read', async () => {
    noAnswer({ took: true })
    const { fault } = world.cloud
    const until = world.now() + 5 * MINUTE
    world.cloud.fault = (operation, id) =>
      operation === 'dcs.instance.show' && world.now() > until - 4.9 * MINUTE && world.now() < until
        ? { kind: 'unavailable', change: 'none', code: 'DCS.5000' }
        : fault(operation, id)
    world.cloud.workMs = () => 8 * MINUTE
    const { id } = await world.accept({})
    await world.pass(15 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'succeeded',
      progress: { observedCounts: { 'sought error DCS.5000': expect.any(Number), 'found INSTANCE RESTARTING': 1 } },
    })
    expect(sent('dcs.instance.restart')).toBe(1)
  })

  test('ends as unknown where the cloud cannot be read for ten minutes', async () => {
    noAnswer({ took: true })
    const { fault } = world.cloud
    world.cloud.fault = (operation, id) =>
      operation === 'dcs.instance.show' && sent('dcs.instance.restart')
        ? { kind: 'unavailable', change: 'none', code: 'DCS.5000' }
        : fault(operation, id)
    const { id } = await world.accept({})
    await world.pass(11 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'unknown',
      outcome: { summary: expect.stringMatching(/Observed afterwards: error DCS.5000 x\d+\. It is not sent again/) },
    })
  })
})

test('a single throttled search after an outage of ten minutes does not end it', async () => {
  noAnswer({ took: true })
  const { fault } = world.cloud
  world.cloud.workMs = () => 15 * MINUTE
  const { id } = await world.accept({})
  const outageUntil = world.now() + 10.5 * MINUTE
  world.post = ({ queue }) =>
    queue === 'submissions' && sent('dcs.instance.restart') && world.now() < outageUntil ? [] : [0]
  let throttled = 0
  world.cloud.fault = (operation, instanceId) =>
    operation === 'dcs.instance.show' && world.now() >= outageUntil && throttled++ === 0
      ? { kind: 'throttled', change: 'none', code: 'APIGW.0308' }
      : fault(operation, instanceId)
  await world.pass(20 * MINUTE)
  expect(world.get(id)).toMatchObject({
    state: 'succeeded',
    progress: { observedCounts: { 'sought error APIGW.0308': 1, 'found INSTANCE RESTARTING': 1 } },
  })
  expect(sent('dcs.instance.restart')).toBe(1)
})

test('where nobody can search, the sweeper ends it as unknown, two minutes and two re-arms after its time', async () => {
  noAnswer({ took: true })
  world.post = ({ queue }) => (queue === 'submissions' && sent('dcs.instance.restart') ? [] : [0])
  const { id } = await world.accept({})
  await world.pass(20 * MINUTE)
  const { state, sentAt = '', endedAt = '', outcome } = world.get(id)
  expect([state, outcome?.providerDone]).toEqual(['unknown', false])
  expect(outcome?.summary).toContain('Observed afterwards: nothing. It is not sent again')
  const lateMs = Date.parse(endedAt) - Date.parse(sentAt) - 10 * MINUTE
  expect([lateMs >= 2 * MINUTE, lateMs <= 4 * MINUTE]).toEqual([true, true])
})

describe('where a call has no answer, what is found at work may be of somebody at the console', () => {
  test.for([
    ['dcs.instance.restart', 'reject'],
    ['dcs.instance.restart', 'skip'],
    ['dcs.instance.soft-restart', 'queue'],
    ['dcs.instance.swap', 'queue'],
  ] as const)('%s: the next change (%s) waits until the call can arrive no more', async ([operation, collision]) => {
    noAnswer({ took: true })
    const { id, createdAt } = await world.accept({ operation })
    await world.pass(90_000)
    expect(world.get(id).state).toBe('succeeded')
    const { id: next } = await world.accept({ operation: 'dcs.instance.flush', collision, idempotencyKey: 'next' })
    await world.pass(3 * MINUTE)
    expect([world.get(next).state, sent('dcs.instance.flush')]).toEqual(['queued', undefined])
    await world.pass(4 * MINUTE)
    expect([world.get(next).sentAt !== undefined, sent('dcs.instance.flush')]).toEqual([true, 1])
    expect(Date.parse(world.get(next).sentAt ?? '') - Date.parse(createdAt)).toBeGreaterThanOrEqual(5 * MINUTE)
  })
})

describe('a change whose answer was lost, and of which nothing shows', () => {
  test.for(['dcs.instance.restart', 'dcs.instance.flush', 'dcs.instance.stop', 'dcs.node.stop', 'dcs.instance.swap'])(
    '%s ends as unknown after five minutes of looking, and is not sent again',
    async (operation) => {
      noAnswer()
      const { id, createdAt } = await world.accept({ operation })
      await world.pass(10 * MINUTE)
      const { state, outcome, updatedAt } = world.get(id)
      expect([state, outcome?.providerDone, outcome?.error?.kind]).toEqual(['unknown', false, 'timeout'])
      expect(outcome?.summary).toMatch(
        /^no clear answer to dcs\S+, which may have begun. Observed afterwards: .* x\d+\. It is not sent again: check/,
      )
      const minutes = (Date.parse(updatedAt) - Date.parse(createdAt)) / MINUTE
      expect([minutes >= 5, minutes < 6]).toEqual([true, true])
      expect([sent(operation), world.cloud.writes.length, world.published.length]).toEqual([1, 0, 1])
      expect(world.holders()).toEqual([id])
    },
  )

  test('may not be cancelled', async () => {
    noAnswer()
    const { id } = await world.accept(SWAP)
    await world.pass(30_000)
    expect([(await cancel(world.ports, id, { by: 'the test' }))?.state, world.published]).toEqual(['submitting', []])
  })
})

describe('a worker that comes back', () => {
  /** It crashes nobody, but takes so long that others have begun to search. */
  const slowAnswer = (ms: number) => {
    world.outlivesTimeout = () => true
    const { call } = world.ports
    world.ports.call = async (operation, input, place) => {
      const answer = await call(operation, input, place)
      if (operation.effect === 'once') await world.until(world.now() + ms)
      return answer
    }
  }

  test('with the answer writes it, though others have begun to search for it', async () => {
    slowAnswer(60_000)
    world.cloud.listsTasks = false
    world.cloud.workMs = () => 1_000
    const { id } = await world.accept({})
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'succeeded' })
    expect([sent('dcs.instance.restart'), world.published.length]).toEqual([1, 1])
  })

  test('after the end changes nothing', async () => {
    slowAnswer(8 * MINUTE)
    world.cloud.workMs = () => 1_000
    const { id } = await world.accept({})
    await world.pass(20 * MINUTE)
    expect(world.get(id).state).toBe('unknown')
    expect([sent('dcs.instance.restart'), world.published.length]).toEqual([1, 1])
  })

  test('before its call sends nothing: its time is over', async () => {
    world.outlivesTimeout = () => true
    const { save } = world.ports.store
    let freezes = 1
    world.ports.store.save = async (run) => {
      const saved = await save(run)
      if (run.state === 'submitting' && freezes-- > 0) await world.until(world.now() + 2 * MINUTE)
      return saved
    }
    const { id } = await world.accept({})
    await world.pass(20 * MINUTE)
    expect([world.get(id).state, sent('dcs.instance.restart') ?? 0]).toEqual(['unknown', 0])
  })
})

test('whatever crashes, a swap is sent once at most: at every use of a port, before and after', async () => {
  const crashAt = async (place: number): Promise<{ uses: number; crashed: string; state: string }> => {
    world = createWorld()
    let uses = 0
    let crashed = ''
    world.hook = (port, when) => {
      if (uses++ !== place) return
      crashed = `${when} ${port}`
      throw new Crash()
    }
    const { id } = await world.accept(SWAP).catch(() => world.accept(SWAP))
    await world.pass(20 * MINUTE)
    const { state } = world.get(id)
    const calls = sent('dcs.instance.swap') ?? 0
    expect([crashed, calls, world.cloud.writes.length]).toEqual([crashed, state === 'succeeded' ? 1 : 0, calls])
    expect([crashed, new Set(world.published.map((run) => run.state))]).toEqual([crashed, new Set([state])])
    expect([crashed, world.lostLeases, world.withoutLease]).toEqual([crashed, [], []])
    return { uses, crashed, state }
  }
  const { uses } = await crashAt(Number.POSITIVE_INFINITY)
  expect(uses).toBeGreaterThan(25)
  const lost: string[] = []
  for (let place = 0; place < uses; place++) {
    const one = await crashAt(place)
    if (one.state !== 'succeeded') lost.push(`${one.crashed}: ${one.state}`)
  }
  // After the intent and before the call: nothing shows of it, and nothing proves that. All else is found, or carried on.
  expect(lost).toEqual(['after save: unknown', 'before write: unknown'])
})
