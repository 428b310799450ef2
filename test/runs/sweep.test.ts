import { beforeEach, describe, expect, test } from 'vitest'
import type { Message, QueueName } from '../../lib/runs/messages.ts'
import type { Run } from '../../lib/runs/run.ts'
import { isFinal, type State } from '../../lib/runs/states.ts'
import { resume, sweep } from '../../lib/runs/sweep.ts'
import { createWorld, type World } from '../world/world.ts'

/** The sweeper finds messages that queues lost, runs that nobody ended, and ends that nobody was notified of. */

const MINUTE = 60_000
let world: World
/** What was sent, in order. */
let sent: [QueueName, Message][]

beforeEach(() => {
  world = createWorld()
  world.sweeps = false
  sent = []
  const { sendAll } = world.ports.queue
  world.ports.queue.sendAll = async (queue, messages) => {
    sent.push(...messages.map((message): [QueueName, Message] => [queue, message]))
    return sendAll(queue, messages)
  }
})

const at = (ms: number): string => new Date(ms).toISOString()
const swept = (limitMs = 47_000): Promise<number> => sweep(world.ports, world.now() + limitMs)

/** A run as it is found: overdue since so long. */
async function found(key: string, state: State, more: Partial<Run> = {}, overdueMs = MINUTE): Promise<Run> {
  const instanceId = `2e803f66-fbb0-47ad-b6cb-${key.padStart(12, '0')}`
  const accepted = await world.accept({ idempotencyKey: key, target: { instanceId } })
  const outcome = isFinal(state) ? { outcome: { summary: 'x', providerDone: true }, endedAt: at(world.now()) } : {}
  const times = { dueAt: at(world.now() - overdueMs), nextAt: at(world.now() - overdueMs - 30_000) }
  const sentAt = state === 'queued' || state === 'attached' ? {} : { sentAt: at(world.now() - overdueMs - 30_000) }
  const run = { ...accepted, state, ...outcome, ...times, ...sentAt, ...more }
  world.runs.set(run.id, run)
  // Whatever was on its way is lost.
  world.letters = []
  sent = []
  return run
}

const many = async (count: number, state: State, prefix = '', overdueMs = MINUTE): Promise<Run[]> => {
  const runs: Run[] = []
  for (let index = 0; index < count; index++) runs.push(await found(`${prefix}${index}`, state, {}, overdueMs))
  return runs
}

describe('goes through all that is overdue', () => {
  test.for([1, 25, 26, 300])('%i runs are re-armed by one sweep', async (count) => {
    const runs = await many(count, 'tracking')
    let pages = 0
    world.hook = (port, when) => {
      if (port === 'due' && when === 'before') pages++
    }
    expect(await swept()).toBe(count)
    expect(sent.map(([, message]) => message)).toEqual(
      runs.toSorted((a, b) => (a.id < b.id ? -1 : 1)).map(({ id, step }) => ({ v: 1, runId: id, step })),
    )
    expect(pages).toBe(Math.ceil(count / 25))
  })

  test('by the queue of its state', async () => {
    const states = ['queued', 'attached', 'submitting', 'tracking', 'verifying'] as const
    for (const [index, state] of states.entries()) await found(String(index), state, { attachedTo: 'run_x' })
    const overdue = world.runs.size
    expect(await swept()).toBe(overdue)
    expect(sent.map(([queue]) => queue).sort()).toEqual([...['polls', 'polls', 'polls', 'submissions', 'submissions']])
  })

  test('a run that cannot be read hides no other', async () => {
    const runs = await many(30, 'tracking')
    const { get } = world.ports.store
    world.ports.store.get = async (id) => {
      if (id === runs[3]?.id) throw new Error('of another release')
      return get(id)
    }
    expect([await swept(), sent.length]).toEqual([29, 29])
  })

  test('past whole pages that cannot be read', async () => {
    await many(100, 'tracking')
    let reads = 0
    world.ports.store.get = async () => {
      reads++
      throw new Error('throttled')
    }
    expect([await swept(), reads, sent.length]).toEqual([0, 100, 0])
  })

  test('until its time is over; the next goes on', async () => {
    await many(60, 'tracking')
    const { due } = world.ports.store
    let limit = world.now() + 1
    world.ports.store.due = async (page) => {
      const one = await due(page)
      limit = world.now()
      return one
    }
    expect(
      await sweep(
        { ...world.ports, clock: () => (limit === world.now() ? world.now() + 9_000 : world.now()) },
        world.now() + 1_000,
      ),
    ).toBe(25)
    world.ports.store.due = due
    expect(await swept()).toBe(35)
  })
})

describe('a queue that takes nothing', () => {
  test('is left alone for the rest of the sweep, and the other is not', async () => {
    await many(100, 'tracking')
    await many(5, 'queued', '9')
    let polls = 0
    let submissions = 0
    world.ports.queue.sendAll = async (queue, messages) => {
      if (queue === 'submissions') submissions += messages.length
      else polls++
      return queue === 'polls' ? messages : []
    }
    await swept()
    expect([polls, submissions]).toEqual([1, 5])
  })

  test('in part goes on', async () => {
    await many(100, 'tracking')
    let asked = 0
    world.ports.queue.sendAll = async (_, messages) => {
      asked++
      return messages.slice(1)
    }
    await swept()
    expect(asked).toBe(4)
  })

  test('counts no re-arm of what it did not take, which is due again in half a minute', async () => {
    const { id } = await found('1', 'tracking')
    world.runs.set(id, { ...world.get(id), rearms: 3 })
    world.ports.queue.sendAll = async (_, messages) => messages
    await swept()
    const { rearms, dueAt } = world.get(id)
    expect([rearms, dueAt]).toEqual([3, at(world.now() + 30_000)])
  })

  test('writes no run that it cannot re-arm, once it is known', async () => {
    const runs = await many(60, 'tracking')
    world.ports.queue.sendAll = async (_, messages) => messages
    await swept()
    expect(runs.filter(({ id, version }) => world.get(id).version > version)).toHaveLength(25)
  })
})

describe('a re-arm', () => {
  test('is due for any host, two minutes in the past, and checked later each time', async () => {
    const { id } = await found('1', 'tracking')
    world.post = () => []
    const waits: number[] = []
    for (let rearm = 0; rearm < 5; rearm++) {
      await swept()
      const { dueAt = '', nextAt, rearms } = world.get(id)
      expect([rearms, Date.parse(nextAt) - world.now()]).toEqual([rearm + 1, -2 * MINUTE])
      waits.push((Date.parse(dueAt) - world.now()) / 1000)
      await world.pass(Date.parse(dueAt) - world.now() - 1)
      expect(await swept()).toBe(0)
      await world.pass(1)
    }
    expect(waits).toEqual([30, 60, 120, 240, 240])
  })

  test('is written before its message is sent', async () => {
    const { id, version } = await found('1', 'tracking')
    const written: number[] = []
    world.ports.queue.sendAll = async () => {
      written.push(world.get(id).version)
      return []
    }
    await swept()
    expect(written).toEqual([version + 1])
  })

  test('of a run whose message only waits is counted anew once that came', async () => {
    const { id } = await found('1', 'tracking', {
      rearms: 3,
      acceptedAt: at(world.now()),
      baseline: { status: 'RUNNING' },
    })
    world.letters = []
    await swept()
    expect(world.get(id).rearms).toBe(4)
    await world.pass(1_000)
    expect(world.get(id).rearms).toBeUndefined()
  })
})

describe('the end of a run that nobody ends', () => {
  /** Sweeps as they come, each minute, while every message is lost. */
  const endsAfter = async (run: Run): Promise<{ state: State; lateMs: number; sweeps: number }> => {
    world.post = () => []
    const lateMs = (): number => world.now() - Date.parse(run.deadlineAt)
    for (let sweeps = 0; sweeps < 20; sweeps++) {
      const { state } = world.get(run.id)
      if (isFinal(state)) return { state, lateMs: lateMs(), sweeps }
      await world.pass(MINUTE)
      await swept()
    }
    return { state: world.get(run.id).state, lateMs: lateMs(), sweeps: Number.POSITIVE_INFINITY }
  }

  test.for([
    ['queued', 'timed-out', 1],
    ['attached', 'timed-out', 2],
    ['tracking', 'timed-out', 2],
    ['verifying', 'timed-out', 2],
  ] as const)('%s is %s, after two minutes, and %i messages at least', async ([state, end, messages]) => {
    const deadlineAt = at(world.now() + 30_000)
    const run = await found('1', state, { deadlineAt, attachedTo: 'run_x', rearms: 7 })
    const ended = await endsAfter(run)
    expect([ended.state, ended.lateMs >= 2 * MINUTE, ended.lateMs <= 5 * MINUTE]).toEqual([end, true, true])
    expect(sent.length).toBeGreaterThanOrEqual(messages)
  })

  test.for(['succeeded', 'failed', 'timed-out', 'unknown'] as const)(
    'that joined another which is %s is the same, though its messages are lost',
    async (state) => {
      const leader = await found('1', state, { notifiedAt: at(world.now()) })
      const run = await found('2', 'attached', { deadlineAt: at(world.now() - MINUTE), attachedTo: leader.id })
      expect(await endsAfter(run)).toMatchObject({ state })
      expect(world.get(run.id).outcome).toEqual({
        summary: `as run ${leader.id}, which it joined: x`,
        providerDone: true,
      })
    },
  )

  test.for(['cancelled', 'refused'] as const)(
    'that joined another which is %s does not come while no message of it arrives: it stands by itself then',
    async (state) => {
      const leader = await found('1', state, { notifiedAt: at(world.now()) })
      const run = await found('2', 'attached', { deadlineAt: at(world.now() - MINUTE), attachedTo: leader.id })
      expect(await endsAfter(run)).toMatchObject({ state: 'attached' })
      world.post = () => [0]
      world.sweeps = true
      await world.pass(8 * MINUTE)
      expect([world.get(run.id).state, world.get(run.id).attachedTo]).toEqual(['succeeded', undefined])
    },
  )

  test('has no failed observation before its deadline counted', async () => {
    const deadlineAt = at(world.now() + 10_000)
    const run = await found('1', 'tracking', { deadlineAt, rearms: 5 })
    await world.pass(10_000 + 2 * MINUTE)
    await swept()
    expect([world.get(run.id).state, world.get(run.id).rearms]).toEqual(['tracking', 1])
  })

  test('of one in `submitting` is not ended before it was searched for', async () => {
    const sentAt = at(world.now() - 12 * MINUTE)
    const run = await found('1', 'submitting', { sentAt, baseline: { status: 'RUNNING' } }, 11 * MINUTE)
    await swept()
    expect([world.get(run.id).state, sent.map(([queue]) => queue)]).toEqual(['submitting', ['submissions']])
  })
})

describe('telling', () => {
  test('comes after all that is overdue was re-armed', async () => {
    const unnotified = await many(60, 'succeeded', '1', 10 * MINUTE)
    const live = await many(60, 'tracking', '2', MINUTE)
    const order: string[] = []
    const { runEnded } = world.ports.publisher
    world.ports.publisher.runEnded = async (run) => {
      order.push('notified')
      await runEnded(run)
    }
    const { sendAll } = world.ports.queue
    world.ports.queue.sendAll = async (queue, messages) => {
      order.push(...messages.map(() => 're-armed'))
      return sendAll(queue, messages)
    }
    await swept()
    expect(order).toEqual([...live.map(() => 're-armed'), ...unnotified.map(() => 'notified')])
  })

  test('tells what this very sweep ended', async () => {
    const run = await found('1', 'queued', { deadlineAt: at(world.now() - 3 * MINUTE) })
    await swept()
    expect(world.published.map(({ id, state }) => [id, state])).toEqual([[run.id, 'timed-out']])
  })

  test('is at most 25 at a time, and ends where a whole part fails', async () => {
    await many(100, 'succeeded')
    let now = 0
    let most = 0
    let tries = 0
    world.ports.publisher.runEnded = async () => {
      tries++
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      throw new Error('topic is down')
    }
    expect([await swept(), tries, most]).toEqual([0, 25, 25])
  })

  test('an end that cannot be notified goes behind the others, and hides none', async () => {
    const runs = await many(60, 'succeeded')
    const bad = new Set(
      runs
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, 30)
        .map(({ id }) => id),
    )
    const { runEnded } = world.ports.publisher
    world.ports.publisher.runEnded = async (run) => {
      if (bad.has(run.id)) throw new Error('too large')
      await runEnded(run)
    }
    for (let minute = 0; minute < 4; minute++) {
      await swept()
      await world.pass(MINUTE)
    }
    expect(world.published).toHaveLength(30)
    expect([...bad].map((id) => world.get(id).due)).toEqual(Array(30).fill('due'))
  })

  test('moves neither the end nor its notification', async () => {
    const run = await found('1', 'succeeded')
    let fails = 1
    world.hook = (port, when) => {
      if (port === 'publish' && when === 'before' && fails-- > 0) throw new Error('topic is down')
    }
    await swept()
    await world.pass(5 * MINUTE)
    await swept()
    expect([world.get(run.id).endedAt, world.published.map(({ endedAt }) => endedAt)]).toEqual([
      run.endedAt,
      [run.endedAt],
    ])
  })
})

describe('a process that is the only one, when it starts', () => {
  const resumed = (): Promise<number> => resume(world.ports, world.now() + 47_000)

  test.for([1, 26, 1_100])('brings %i runs on that are not overdue, each by one message', async (count) => {
    const runs = await many(count, 'tracking', 'a', -10 * MINUTE)
    expect(await swept()).toBe(0)
    expect(await resumed()).toBe(count)
    expect(sent.map(([, message]) => 'runId' in message && message.runId).sort()).toEqual(
      runs.map(({ id }) => id).sort(),
    )
    // Its message is taken at once, though it was planned for later.
    for (const { id } of runs) expect(Date.parse(world.runs.get(id)?.nextAt ?? '')).toBeLessThan(world.now())
  })

  test('ends none before its time, and notifies ends that were not notified', async () => {
    const live = await found('a1', 'queued', {}, -MINUTE)
    const ended = await found('a2', 'succeeded', {}, -MINUTE)
    await resumed()
    expect([world.runs.get(live.id)?.state, world.published.map(({ id }) => id)]).toEqual(['queued', [ended.id]])
  })

  test('leaves the rest to the sweeps when its time is over', async () => {
    await many(100, 'tracking')
    const [endsAtMs, { clock }] = [world.now() + 47_000, world.ports]
    world.ports.clock = () => clock() + sent.length * 1_000
    expect(await resume(world.ports, endsAtMs)).toBe(50)
  })
})
