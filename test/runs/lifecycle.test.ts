import { beforeEach, describe, expect, test } from 'vitest'
import { keepDeadLetter } from '../../lib/dead-letters/keep.ts'
import { MAX_STEPS } from '../../lib/runs/schedule.ts'
import { isFinal } from '../../lib/runs/states.ts'
import { sweep } from '../../lib/runs/sweep.ts'
import { note } from '../../lib/runs/transition.ts'
import { createWorld, type World } from '../world/world.ts'

const MINUTE = 60_000
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'

let world: World

beforeEach(() => {
  world = createWorld()
})

const statesOf = (id: string): string[] => [...new Set(world.history.get(id)?.map(({ state }) => state))]

describe('an operation that goes well', () => {
  const AT_ONCE = ['queued', 'submitting', 'tracking', 'succeeded']
  const TWICE = ['queued', 'submitting', 'tracking', 'verifying', 'succeeded']
  /** The schedule decides how many. */
  const SOME = expect.any(Number)
  const RUNNING = 'the instance is RUNNING with no task'
  test.for<[string, string[], object, string]>([
    [
      'dcs.node.start',
      AT_ONCE,
      { RUNNING: SOME, SUCCESS: 1, 'nodes ACTIVE': 1 },
      'its job is SUCCESS, then all 2 nodes are active',
    ],
    [
      'dcs.node.stop',
      AT_ONCE,
      { RUNNING: SOME, SUCCESS: 1, 'nodes NOT ACTIVE': 1 },
      'its job is SUCCESS, then all 2 nodes are not active',
    ],
    [
      'dcs.instance.swap',
      TWICE,
      { RUNNING: SOME, SUCCESS: 1, 'master CHANGED': 2 },
      'its job is SUCCESS, then another node is master',
    ],
    [
      'dcs.instance.restart',
      AT_ONCE,
      { RESTARTING: SOME, RUNNING: 3, 'nodes ACTIVE': 1 },
      `${RUNNING}, then all 2 nodes are active`,
    ],
    [
      'dcs.instance.soft-restart',
      AT_ONCE,
      { RESTARTING: SOME, RUNNING: 3, 'nodes ACTIVE': 1 },
      `${RUNNING}, then all 2 nodes are active`,
    ],
    ['dcs.instance.flush', AT_ONCE, { FLUSHING: SOME, RUNNING: 3 }, `${RUNNING}`],
    ['dcs.instance.stop', AT_ONCE, { CLOSING: SOME, CLOSED: 2 }, 'the instance is CLOSED with no task'],
    [
      'dcs.instance.start',
      AT_ONCE,
      { STARTING: SOME, RUNNING: 2, 'nodes ACTIVE': 1 },
      `${RUNNING}, then all 2 nodes are active`,
    ],
  ])('%s passes %j', async ([operation, states, seen, proof]) => {
    if (operation === 'dcs.instance.start') world.cloud.instance(INSTANCE).status = 'CLOSED'
    const { id } = await world.accept({ operation })
    await world.pass(5 * MINUTE)
    expect(statesOf(id)).toEqual(states)
    expect(world.get(id).progress.observedCounts).toEqual(seen)
    expect(world.get(id).outcome).toEqual({
      summary: expect.stringMatching(
        new RegExp(`^${operation} of ${INSTANCE} succeeded: ${proof} \\(after \\d+ s\\)$`),
      ),
      providerDone: true,
    })
    expect(world.cloud.writes).toEqual([{ instanceId: INSTANCE, operation }])
    expect(world.published.map((run) => [run.id, run.state])).toEqual([[id, 'succeeded']])
    expect(world.holders()).toEqual([])
    expect(world.get(id).due).toBeUndefined()
  })
})

test.for(['POWEROFF', 'IPEXCHANGING', 'ROLLBACKING'])(
  '%s never proves that an instance has stopped',
  async (status) => {
    world.cloud.instance(INSTANCE).stoppedStatus = status
    const { id } = await world.accept({ operation: 'dcs.instance.stop' })
    await world.pass(50 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'timed-out', outcome: { providerDone: false } })
  },
)

describe('an operation that does not', () => {
  test('work that fails is a failure with the reason of the cloud', async () => {
    world.cloud.workFails = () => true
    const job = await world.accept({ operation: 'dcs.instance.swap' })
    await world.pass(5 * MINUTE)
    expect(world.get(job.id)).toMatchObject({
      state: 'failed',
      outcome: { summary: 'the cloud reports failure: job FAIL: disk', providerDone: true },
    })
    expect(world.holders()).toEqual([])
  })

  test('a job that says SUCCESS and changed nothing is a failure', async () => {
    const { id } = await world.accept({ operation: 'dcs.instance.swap' })
    await world.pass(3_000)
    Object.assign(world.cloud.instance(INSTANCE), { work: undefined })
    await world.pass(20 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: expect.stringContaining('master UNCHANGED') },
    })
  })

  test('a refusal ends it: nothing was done', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.swap' ? { kind: 'unsupported', change: 'none', code: 'DCS.4855' } : undefined
    const { id } = await world.accept({ operation: 'dcs.instance.swap' })
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: expect.stringMatching(/^nothing was done: .*DCS.4855/), error: { code: 'DCS.4855' } },
    })
    expect(world.holders()).toEqual([])
  })

  test('an unknown instance is refused by the baseline: the operation is not even sent', async () => {
    world.cloud.fault = () => ({ kind: 'not-found', change: 'none', code: 'DCS.3022' })
    const { id } = await world.accept({})
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'failed', outcome: { error: { code: 'DCS.3022' } } })
    expect(world.cloud.calls.get('dcs.instance.restart')).toBeUndefined()
  })

  test('a baseline that this instance cannot give does not stop it', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.group.list' ? { kind: 'unsupported', change: 'none', code: 'DCS.4027' } : undefined
    const { id } = await world.accept({ operation: 'dcs.instance.swap' })
    await world.pass(5 * MINUTE)
    expect(world.cloud.writes).toHaveLength(1)
    expect(statesOf(id)).toContain('verifying')
  })

  test('doubt after sending that nothing shows of ends as unknown, is not sent again, and keeps the instance', async () => {
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.flush' ? { kind: 'timeout', change: 'unknown' } : undefined
    const { id } = await world.accept({ operation: 'dcs.instance.flush' })
    await world.pass(10 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'unknown',
      outcome: { providerDone: false, error: { kind: 'timeout' } },
    })
    expect(world.cloud.calls.get('dcs.instance.flush')).toBe(1)
    expect(world.holders()).toEqual([id])
  })

  test('a busy instance is asked again until it is free', async () => {
    world.cloud.instance(INSTANCE).work = { until: world.now() + 2 * MINUTE, end: () => {} }
    const { id } = await world.accept({})
    await world.pass(10 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'succeeded', busyAnswers: 4 })
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('an instance that stays busy ends it before the deadline, and nothing was done', async () => {
    world.cloud.instance(INSTANCE).work = { until: world.now() + 1000 * MINUTE, end: () => {} }
    const { id, deadlineAt } = await world.accept({})
    await world.pass(60 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'failed', outcome: { error: { code: 'DCS.4111' } } })
    expect(world.get(id).updatedAt < deadlineAt).toBe(true)
    expect(world.cloud.writes).toHaveLength(0)
    expect(world.holders()).toEqual([])
  })

  test('work without end ends as timed-out with what was seen, and keeps the instance reserved', async () => {
    world.cloud.workMs = () => 1000 * MINUTE
    const { id, deadlineAt } = await world.accept({})
    await world.pass(60 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'timed-out',
      outcome: { summary: expect.stringMatching(/Observed: RESTARTING x\d+$/), providerDone: false },
    })
    expect(world.get(id).updatedAt >= deadlineAt).toBe(true)
    expect(world.holders()).toHaveLength(1)
  })

  test('a cloud that cannot be read for a while is asked on', async () => {
    const until = world.now() + 3 * MINUTE
    world.cloud.fault = (operation) =>
      operation === 'dcs.instance.show' && world.now() > until - 2 * MINUTE && world.now() < until
        ? { kind: 'unavailable', change: 'none', code: 'DCS.5000' }
        : undefined
    world.cloud.workMs = () => 2 * MINUTE
    const { id } = await world.accept({})
    await world.pass(20 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'succeeded',
      progress: { observedCounts: { 'error DCS.5000': expect.any(Number) } },
    })
  })

  test('an instance that is gone ends as unknown, but not before two minutes', async () => {
    const { id } = await world.accept({})
    await world.pass(2_000)
    world.cloud.fault = () => ({ kind: 'not-found', change: 'none', code: 'DCS.3022' })
    await world.pass(110_000)
    expect(world.get(id).state).toBe('tracking')
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'unknown', outcome: { providerDone: false } })
    expect(world.holders()).toHaveLength(1)
  })

  test('a job that is found late is followed to its end', async () => {
    const { id } = await world.accept({ operation: 'dcs.instance.swap' })
    const found = world.now() + MINUTE
    world.cloud.fault = (operation) =>
      operation === 'dcs.job.show' && world.now() < found
        ? { kind: 'invalid', change: 'none', code: 'DCS.4070' }
        : undefined
    await world.pass(5 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
  })

  test('an answer without a result for the instance is reconciled, and not sent again', async () => {
    const call = world.ports.call
    world.ports.call = async (operation, input, place) => {
      const output = await call(operation, input, place)
      return operation.name === 'dcs.instance.restart' ? operation.output.parse({ results: [] }) : output
    }
    const { id } = await world.accept({})
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'succeeded',
      progress: { observedCounts: { 'found INSTANCE RESTARTING': 1 } },
    })
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('work too short to be seen is believed after two minutes', async () => {
    world.cloud.workMs = () => 1_000
    const { id } = await world.accept({})
    await world.pass(118_000)
    expect(world.get(id)).toMatchObject({ state: 'tracking', progress: { lastObserved: 'RUNNING' } })
    await world.pass(15_000)
    const proof =
      / succeeded: the instance is RUNNING with no task, and showed nothing else for 1\d\d s, then all .* \(after 1\d\d s\)$/
    expect(world.get(id)).toMatchObject({ state: 'succeeded', outcome: { summary: expect.stringMatching(proof) } })
  })

  test('a faulty instance that is restarted is not called failed before it was seen at work', async () => {
    world.cloud.instance(INSTANCE).status = 'ERROR'
    const show = world.ports.call
    const accepted = world.now()
    world.ports.call = async (operation, input, place) => {
      const output = await show(operation, input, place)
      const lagging = operation.name === 'dcs.instance.show' && world.now() < accepted + 12_000
      return lagging ? operation.output.parse({ status: 'ERROR', task: null }) : output
    }
    const { id } = await world.accept({})
    await world.pass(5 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'succeeded',
      progress: { observedCounts: { ERROR: 2, RESTARTING: expect.any(Number) } },
    })
  })
})

describe('one at a time', () => {
  test('a second request for the instance is refused and names the holder', async () => {
    const first = await world.accept({ idempotencyKey: 'one' })
    const second = await world.accept({ idempotencyKey: 'two', operation: 'dcs.instance.flush' })
    await world.pass(5 * MINUTE)
    const states = [first, second].map(({ id }) => world.get(id).state)
    expect(states).toEqual(['succeeded', 'refused'])
    expect(world.get(second.id).outcome?.summary).toContain(first.id)
    expect(world.cloud.writes).toHaveLength(1)
    expect(world.published).toHaveLength(2)
  })

  test('another instance is not concerned', async () => {
    await world.accept({ idempotencyKey: 'one' })
    await world.accept({ idempotencyKey: 'two', target: { instanceId: INSTANCE.replace('2e', '3e') } })
    await world.pass(5 * MINUTE)
    expect(world.published.map(({ state }) => state)).toEqual(['succeeded', 'succeeded'])
  })
})

describe('whatever the queues do', () => {
  test('every message twice: one submit, one chain, one outcome', async () => {
    world.post = () => [0, 0]
    const { id } = await world.accept({})
    await world.pass(10 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect(world.cloud.writes).toHaveLength(1)
    expect(world.published).toHaveLength(1)
    // Both copies of the submission read the baseline, and both copies of each poll observe: a repeat costs a read.
    expect(world.cloud.calls.get('dcs.instance.show')).toBe(2 + 2 * 6)
  })

  test('every message lost: the sweeper carries it to its end', async () => {
    world.post = (message) =>
      message.at > world.now() || world.get(JSON.parse(message.body).runId).version === 1 ? [] : [0]
    const { id } = await world.accept({})
    await world.pass(20 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('all lost and no sweeper: it hangs, so the sweeper is what carries it', async () => {
    world.post = () => []
    world.sweeps = false
    const { id } = await world.accept({})
    await world.pass(60 * MINUTE)
    expect(isFinal(world.get(id).state)).toBe(false)
  })

  test('a queue that is down loses no request', async () => {
    let down = true
    world.hook = (port) => {
      if (port === 'send' && down) throw new Error('queue is down')
    }
    const { id } = await world.accept({})
    await world.pass(2 * MINUTE)
    down = false
    await world.pass(10 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
  })

  test('a stale step is dropped, and heals nothing: the sweeper does', async () => {
    world.sweeps = false
    const { id } = await world.accept({})
    await world.pass(12_000)
    const { step } = world.get(id)
    world.letters = []
    const reads = world.cloud.calls.get('dcs.instance.show')
    for (const stale of [step - 1, 0, step + 1]) {
      await world.ports.queue.send('polls', { v: 1, runId: id, step: stale }, 60)
    }
    await world.pass(5 * MINUTE)
    expect([world.cloud.calls.get('dcs.instance.show'), world.letters]).toEqual([reads, []])
    world.sweeps = true
    await world.pass(2 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
  })
})

describe('accept', () => {
  test('the same key is the same run, and one submit', async () => {
    const runs = [await world.accept({}), await world.accept({}), await world.accept({})]
    await world.pass(5 * MINUTE)
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1)
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('the same key for another request is refused', async () => {
    await world.accept({})
    await expect(world.accept({ operation: 'dcs.instance.flush' })).rejects.toMatchObject({ name: 'KeyReusedError' })
    expect(world.runs.size).toBe(1)
  })

  test.for([
    [{ operation: 'dcs.instance.explode' }, 'operation'],
    [{ operation: undefined }, 'operation'],
    [{ target: {} }, 'target.instanceId'],
    [{ target: undefined }, 'target'],
    [{ target: { instanceId: 'x' } }, 'target.instanceId'],
    [{ target: { instanceId: INSTANCE, nodes: [] } }, 'target.nodes'],
    [{ operation: 'dcs.node.stop', target: { instanceId: INSTANCE, nodeIds: [] } }, 'target.nodeIds'],
    [{ operation: 'dcs.node.stop', target: { instanceId: INSTANCE, nodeIds: ['a b'] } }, 'target.nodeIds.0'],
  ] as const)('%j is refused, names %s, and stores nothing', async ([request, field]) => {
    await expect(world.accept(request)).rejects.toMatchObject({
      name: 'RequestError',
      issues: [{ field, message: expect.any(String) }],
    })
    expect(world.runs.size).toBe(0)
  })
})

describe('a slow worker', () => {
  /** The call of the operation itself takes so long; nothing else takes time. */
  const slowCall = (ms: number): void => {
    const call = world.ports.call
    world.ports.call = async (operation, input, place) => {
      const answer = await call(operation, input, place)
      if (operation.effect === 'once') await world.until(world.now() + ms)
      return answer
    }
  }

  test.for(['a repeat of its message', 'a dead letter of its run'] as const)(
    'is left to write what came of its call, whatever comes meanwhile: %s',
    async (what) => {
      slowCall(20_000)
      const { id } = await world.accept({ operation: 'dcs.instance.swap' })
      await world.pass(5_000)
      expect(world.get(id).state).toBe('submitting')
      if (what === 'a repeat of its message') await world.ports.queue.send('submissions', { v: 1, runId: id }, 0)
      else
        await keepDeadLetter(world.ports, {
          messageId: 'm',
          from: 'polls',
          queue: 'q',
          body: JSON.stringify({ runId: id }),
        })
      await world.pass(5 * MINUTE)
      expect(world.get(id).state).toBe('succeeded')
      expect(world.cloud.writes).toHaveLength(1)
    },
  )

  test('that died between intent and answer is followed from what is found, by the sweeper', async () => {
    slowCall(60_000)
    world.post = (message) => (message.queue === 'submissions' && message.at > world.now() ? [] : [0])
    world.visibilityMs = 100 * MINUTE
    world.cloud.workMs = () => 5 * MINUTE
    const { id } = await world.accept({})
    await world.pass(10 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'succeeded',
      progress: { observedCounts: { 'found INSTANCE RESTARTING': 1 } },
    })
    expect(world.cloud.writes).toHaveLength(1)
    expect(world.published).toHaveLength(1)
  })

  test('that died is noticed by a repeat of its message, too', async () => {
    world.sweeps = false
    slowCall(60_000)
    world.cloud.workMs = () => 5 * MINUTE
    const { id } = await world.accept({})
    await world.pass(10 * MINUTE)
    expect(world.get(id).state).toBe('succeeded')
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('that takes the lease again after its run has ended locks nobody out', async () => {
    const first = await world.accept({ idempotencyKey: 'one' })
    await world.pass(5 * MINUTE)
    const resource = `huawei/dcs/${INSTANCE}`
    const { version = 0 } = world.leases.get(resource) ?? {}
    const holder = { runId: first.id, operation: 'x', since: first.createdAt }
    await world.ports.store.saveLease({ resource, holder, until: '2030-01-01', waiting: [], version: version + 1 })
    const second = await world.accept({ idempotencyKey: 'two' })
    await world.pass(5 * MINUTE)
    expect(world.get(second.id).state).toBe('succeeded')
  })
})

describe('what the server asks to wait for', () => {
  const throttled = (retryAfterMs: number): number[] => {
    const calls: number[] = []
    world.cloud.fault = (operation) => {
      if (operation !== 'dcs.instance.restart') return undefined
      calls.push(world.now())
      return calls.length === 1 ? { kind: 'throttled', change: 'none', retryAfterMs } : undefined
    }
    return calls
  }

  test.for(['with the sweeper', 'without the sweeper'] as const)(
    'is waited for in hops of 15 minutes, %s',
    async (sweeper) => {
      world.sweeps = sweeper === 'with the sweeper'
      const begin = world.now()
      const calls = throttled(1_500_000)
      const { id } = await world.accept({})
      await world.pass(30 * MINUTE)
      expect(calls).toHaveLength(2)
      expect((calls[1] ?? 0) - begin).toBeGreaterThanOrEqual(1_500_000)
      expect(world.get(id)).toMatchObject({ state: 'succeeded', busyAnswers: 1 })
    },
  )

  test('beyond the deadline ends the run at once: nothing was done', async () => {
    throttled(24 * 3600_000)
    const { id } = await world.accept({})
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'failed',
      outcome: { summary: expect.stringContaining('nothing was done') },
    })
  })
})

describe('the deadline', () => {
  test('that is nearly there stops a run from being sent', async () => {
    world.sweeps = false
    world.post = () => [40 * MINUTE - 20_000]
    const { id } = await world.accept({})
    await world.pass(41 * MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'timed-out', outcome: { providerDone: true } })
    expect(world.cloud.writes).toHaveLength(0)
    expect(world.holders()).toEqual([])
  })

  test('gets a last observation: what is done by then has succeeded', async () => {
    world.cloud.workMs = () => 39.9 * MINUTE
    const { id, deadlineAt } = await world.accept({ operation: 'dcs.instance.stop' })
    await world.pass(45 * MINUTE)
    expect(world.get(id).updatedAt < new Date(Date.parse(deadlineAt) + 90_000).toISOString()).toBe(true)
    expect(['succeeded', 'timed-out']).toContain(world.get(id).state)
  })

  test('ends a run whose every poll is lost, by the sweeper', async () => {
    world.post = (message) => (message.queue === 'polls' ? [] : [0])
    const { id, deadlineAt } = await world.accept({})
    await world.pass(50 * MINUTE)
    expect(world.get(id)).toMatchObject({
      state: 'timed-out',
      outcome: { summary: expect.stringContaining('Observed: nothing') },
    })
    const lateMs = Date.parse(world.get(id).endedAt ?? '') - Date.parse(deadlineAt)
    expect([lateMs >= 2 * MINUTE, lateMs <= 4 * MINUTE]).toEqual([true, true])
  })

  test('keeps the instance reserved for half an hour more, where the work may go on', async () => {
    world.cloud.workMs = () => 1000 * MINUTE
    await world.accept({ idempotencyKey: 'one' })
    await world.pass(50 * MINUTE)
    const second = await world.accept({ idempotencyKey: 'two' })
    await world.pass(MINUTE)
    expect(world.get(second.id).state).toBe('refused')
    await world.pass(30 * MINUTE)
    Object.assign(world.cloud.instance(INSTANCE), { work: undefined, status: 'RUNNING' })
    world.cloud.workMs = () => 20_000
    const third = await world.accept({ idempotencyKey: 'three' })
    await world.pass(5 * MINUTE)
    expect(world.get(third.id).state).toBe('succeeded')
  })
})

test.for(['tracking', 'attached'] as const)(
  'a run (%s) of more steps than any work takes ends as timed-out',
  async (state) => {
    world.cloud.workMs = () => 1000 * MINUTE
    const first = await world.accept({})
    const { id } = state === 'attached' ? await world.accept({ idempotencyKey: 'two' }) : first
    await world.pass(7_000)
    world.runs.set(id, { ...world.get(id), step: MAX_STEPS })
    expect(world.get(id).state).toBe(state)
    await world.ports.queue.send('polls', { v: 1, runId: id, step: MAX_STEPS }, 30)
    await world.pass(MINUTE)
    expect(world.get(id)).toMatchObject({ state: 'timed-out', outcome: { providerDone: false } })
  },
)

describe('an end is notified', () => {
  const topicFails = (times: number): { tries: () => number } => {
    let tries = 0
    world.hook = (port, when) => {
      if (port === 'publish' && when === 'before' && ++tries <= times) throw new Error('topic is down')
    }
    return { tries: () => tries }
  }

  test.for([
    ['succeeded', {}],
    ['failed', { kind: 'denied', change: 'none' }],
  ] as const)(
    'after the topic failed for a run that %s: by the sweeper, and no message comes back',
    async ([state, fault]) => {
      if ('kind' in fault) world.cloud.fault = () => fault
      const { tries } = topicFails(1)
      const { id } = await world.accept({})
      while (!isFinal(world.get(id).state)) await world.pass(1_000)
      await world.pass(5_000)
      expect([tries(), world.letters, world.published]).toEqual([1, [], []])
      await world.pass(2 * MINUTE)
      expect(world.published.map((run) => [run.id, run.state])).toEqual([[id, state]])
      expect([tries(), world.get(id).due]).toEqual([2, undefined])
    },
  )

  test('as it was when it ended, however late', async () => {
    topicFails(30)
    const { id } = await world.accept({})
    await world.pass(180 * MINUTE)
    const { endedAt = '', notifiedAt = '' } = world.get(id)
    expect(Date.parse(notifiedAt) - Date.parse(endedAt)).toBeGreaterThan(90 * MINUTE)
    expect(world.published.map((run) => [run.endedAt, run.outcome])).toEqual([[endedAt, world.get(id).outcome]])
  })

  test('once, though its last message is repeated', async () => {
    const { id } = await world.accept({})
    await world.pass(5 * MINUTE)
    await world.ports.queue.send('polls', { v: 1, runId: id, step: world.get(id).step - 1 }, 0)
    await world.ports.queue.send('submissions', { v: 1, runId: id }, 0)
    await world.pass(MINUTE)
    expect(world.published).toHaveLength(1)
  })
})

describe('a step', () => {
  const probes = (): number => world.cloud.calls.get('dcs.instance.show') ?? 0
  /** A run between two polls that are half a minute apart: only what the test sends arrives. */
  const between = async (): Promise<{ id: string; step: number; before: number }> => {
    world.sweeps = false
    world.cloud.workMs = () => 3 * MINUTE
    const { id } = await world.accept({})
    await world.pass(MINUTE)
    await world.pass(untilDue(id))
    world.letters = []
    return { id, step: world.get(id).step, before: probes() }
  }
  const send = (id: string, step: number, delay = 0) =>
    world.ports.queue.send('polls', { v: 1, runId: id, step }, delay)
  const untilDue = (id: string): number => Date.parse(world.get(id).nextAt) - world.now()

  test('that ends the run is counted, too', async () => {
    const { id, step } = await between()
    world.cloud.workMs = () => 0
    world.sweeps = true
    await world.pass(10 * MINUTE)
    const { state, history } = { state: world.get(id).state, history: world.history.get(id) ?? [] }
    const last = history.findLast((run) => !isFinal(run.state))
    expect([state, world.get(id).step]).toEqual(['succeeded', Number(last?.step) + 1])
    expect(world.get(id).step).toBeGreaterThan(step)
  })

  test('that is not the next observes nothing, also when the next one is overdue', async () => {
    const { id, step, before } = await between()
    await world.pass(MINUTE)
    for (const other of [-1, 0, step - 1, step + 1, 99]) await send(id, other)
    await world.pass(MINUTE)
    expect([probes(), world.letters]).toEqual([before, []])
  })

  test('that comes early is dropped: the run has its own message', async () => {
    const { id, step, before } = await between()
    expect(untilDue(id)).toBeGreaterThan(10_000)
    for (let copy = 0; copy < 10; copy++) await send(id, step)
    await world.pass(untilDue(id) + 1_000)
    expect([probes(), world.letters]).toEqual([before, []])
  })

  test('that comes up to five seconds early is handled: clocks differ', async () => {
    const { id, step, before } = await between()
    await world.pass(untilDue(id) - 5_000)
    await send(id, step)
    await world.pass(0)
    expect([probes(), world.letters.length]).toEqual([before + 1, 1])
  })

  test('of a run that a clock of the future changed is handled', async () => {
    const { id, step, before } = await between()
    const run = world.get(id)
    const ahead = (instant: string): string => new Date(Date.parse(instant) + 60 * MINUTE).toISOString()
    world.runs.set(id, { ...run, updatedAt: ahead(run.updatedAt), nextAt: ahead(run.nextAt) })
    await send(id, step)
    await world.pass(0)
    expect([probes(), world.letters.length]).toEqual([before + 1, 1])
  })

  test('that comes ten times is written once, and makes one message; a copy that came in time costs a read', async () => {
    const { id, step, before } = await between()
    await world.pass(untilDue(id))
    for (let copy = 0; copy < 10; copy++) await send(id, step, copy % 3)
    for (let copy = 0; copy < 10; copy++) await send(id, step - 1, copy % 5)
    await world.pass(6_000)
    // Of the ten, four came at once with its own message.
    expect([probes() - before <= 5, world.letters.length, world.get(id).step]).toEqual([true, 1, step + 1])
  })

  test('of a run that was noted meanwhile is made by another observation, and needs no sweeper', async () => {
    const { id, step, before } = await between()
    world.sweeps = false
    const call = world.ports.call
    let isNoted = false
    world.ports.call = async (operation, input, place) => {
      if (!isNoted) await note(world.ports, world.get(id), { deadLetters: 1 })
      isNoted = true
      return call(operation, input, place)
    }
    await world.pass(untilDue(id))
    await send(id, step)
    await world.pass(6_000)
    expect([probes(), world.letters.length, world.get(id).step, world.get(id).deadLetters]).toEqual([
      ...[before + 2, 1, step + 1, 1],
    ])
  })

  test('that is repeated while its slow probe goes on is written once, and forks no chain', async () => {
    const { id, step, before } = await between()
    const call = world.ports.call
    let slow = true
    world.ports.call = async (operation, input, place) => {
      const wait = slow ? 9_000 : 0
      slow = false
      if (wait > 0) await world.until(world.now() + wait)
      return call(operation, input, place)
    }
    await world.pass(untilDue(id))
    for (const delay of [0, 3, 6]) await send(id, step, delay)
    await world.pass(11_000)
    // The slow one is the last to write, and loses.
    expect([probes(), world.letters.length, world.get(id).step]).toEqual([before + 2, 1, step + 1])
  })
})

test('the sweeper leaves a run alone that the index shows too late', async () => {
  const { id } = await world.accept({})
  await world.pass(7_000)
  const { due } = world.ports.store
  world.ports.store.due = async (page) => ({ ids: [...(await due(page)).ids, id] })
  const before = world.get(id)
  await sweep(world.ports, world.now() + 1_000)
  expect(world.get(id)).toEqual(before)
})

test('a request that is repeated sends one message', async () => {
  await world.accept({})
  await world.accept({})
  expect(world.letters).toHaveLength(1)
})

test('a swap is not believed by one observation of another moment', async () => {
  world.cloud.workFails = () => true
  const { call } = world.ports
  let stale = 1
  world.ports.call = async (operation, input, place) => {
    const output = await call(operation, input, place)
    // The job lies, and one read of the roles shows what was minutes ago.
    if (operation.name === 'dcs.job.show') return operation.output.parse({ status: 'SUCCESS' })
    if (operation.name !== 'dcs.group.list' || world.now() === start || stale-- <= 0) return output
    const replication_list = [{ replication_role: 'master', node_id: 'node-2' }]
    return operation.output.parse({ group_list: [{ group_id: 'g', replication_list }] })
  }
  const start = world.now()
  const { id } = await world.accept({ operation: 'dcs.instance.swap' })
  await world.pass(20 * MINUTE)
  expect(world.get(id)).toMatchObject({ state: 'failed', progress: { observedCounts: { 'master CHANGED': 1 } } })
})
