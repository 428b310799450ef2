import { beforeEach, describe, expect, test } from 'vitest'
import { cancel } from '../../../lib/runs/cancel.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { isFinal } from '../../../lib/runs/states.ts'
import { Crash, createWorld, type World } from '../../world/world.ts'

/** A run that joined another waits for that one to end, and is woken then. */

const [SECOND, MINUTE] = [1_000, 60_000]

let world: World
let key: number
let writes: number
let lists: number

beforeEach(() => {
  world = createWorld()
  key = 0
  writes = 0
  lists = 0
  const { save, list } = world.ports.store
  world.ports.store.save = (run) => {
    writes++
    return save(run)
  }
  world.ports.store.list = (filter) => {
    lists++
    return list(filter)
  }
})

const ask = () => world.accept({ operation: 'dcs.instance.restart', idempotencyKey: `key-${key++}` })
const askMany = async (count: number): Promise<Run[]> => {
  const runs: Run[] = []
  for (let index = 0; index < count; index++) runs.push(await ask())
  return runs
}
const endOf = async (id: string): Promise<number> => {
  while (!isFinal(world.get(id).state)) await world.pass(SECOND)
  return Date.parse(world.get(id).endedAt ?? '')
}
/** From the end of the first run to the end of the last. */
const latenessOf = async ([leader, ...joined]: Run[]): Promise<number> => {
  const ended = []
  const endedAt = await endOf(leader?.id ?? '')
  for (const { id } of joined) ended.push(await endOf(id))
  return Math.max(...ended) - endedAt
}
describe('a thousand that join one', () => {
  test('write one mark to it, and a hundred times a minute at most while it works', async () => {
    world.cloud.workMs = () => 31 * MINUTE
    const [leader] = await askMany(1_001)
    await world.pass(SECOND)
    const history = world.history.get(leader?.id ?? '') ?? []
    const marked = history.filter((run, index) => run.isJoined && !history[index - 1]?.isJoined)
    expect([marked.length, [...world.runs.values()].filter(({ state }) => state === 'attached').length]).toEqual([
      1, 1_000,
    ])
    const perMinute = []
    for (let minute = 0; minute < 30; minute++) {
      writes = 0
      await world.pass(MINUTE)
      perMinute.push(writes)
    }
    expect(Math.max(...perMinute)).toBeLessThanOrEqual(100)
    expect(lists).toBe(0)
  })

  test('end with it, by two writes each', async () => {
    const runs = await askMany(1_001)
    await world.pass(21 * SECOND)
    writes = 0
    expect(await latenessOf(runs)).toBeLessThan(2 * SECOND)
    await world.pass(MINUTE)
    expect(writes).toBeLessThan(2 * 1_001 + 10)
    expect(new Set(world.published.map(({ id }) => id)).size).toBe(1_001)
    // The messages of their own looks are dropped.
    await world.pass(20 * MINUTE)
    expect([world.letters, writes < 2 * 1_001 + 10]).toEqual([[], true])
  })
})

test('a run that nobody joined lists nothing when it ends', async () => {
  await ask()
  await world.pass(5 * MINUTE)
  expect([lists, world.published.length]).toEqual([0, 1])
})

test('a run that is requested before another and joins it is woken, too', async () => {
  const [leader, joined] = await askMany(2)
  const { id = '', createdAt = '' } = joined ?? {}
  world.runs.set(id, { ...world.get(id), createdAt: new Date(Date.parse(createdAt) - 4 * MINUTE).toISOString() })
  expect(await latenessOf([leader, joined].filter((run) => run !== undefined))).toBeLessThan(2 * SECOND)
})

describe('a mark', () => {
  test('costs the run that is being sent neither its call nor a sweep', async () => {
    world.sweeps = false
    world.tookMs = () => 50
    const leader = await ask()
    while (!world.cloud.calls.size) await world.pass(10)
    const joined = await ask()
    expect(world.get(leader.id)).toMatchObject({ state: 'queued', isJoined: true })
    await world.pass(5 * MINUTE)
    expect([leader, joined].map(({ id }) => world.get(id).state)).toEqual(['succeeded', 'succeeded'])
    expect(world.cloud.writes).toHaveLength(1)
  })

  test('is written once by many that join at once', async () => {
    world.tookMs = () => 50
    const { id } = await ask()
    await Promise.all(Array.from({ length: 20 }, ask))
    const marked = (world.history.get(id) ?? []).filter(({ isJoined }) => isJoined)
    expect(marked).toHaveLength(1)
  })

  test('changes nothing but the version', async () => {
    const { isJoined, ...leader } = world.get((await ask()).id)
    await ask()
    expect(world.get(leader.id)).toEqual({ ...leader, isJoined: true, version: leader.version + 1 })
  })

  test('that was not written is written by the second look', async () => {
    world.cloud.workMs = () => 5 * MINUTE
    const runs = await askMany(2)
    const [leader] = runs
    const { isJoined, ...unmarked } = world.get(leader?.id ?? '')
    world.runs.set(unmarked.id, unmarked)
    await world.pass(21 * SECOND)
    expect(world.get(unmarked.id).isJoined).toBe(true)
    expect(await latenessOf(runs)).toBeLessThan(2 * SECOND)
  })
})

describe('a message of an attached run', () => {
  const wake = ({ id, step }: Run) => world.ports.queue.send('polls', { v: 1, runId: id, step }, 0)

  test('that comes early while the other works is dropped: no write, no message', async () => {
    world.cloud.workMs = () => 10 * MINUTE
    const [, joined] = await askMany(2)
    if (!joined) throw new Error('no run')
    await world.pass(21 * SECOND)
    const before = world.get(joined.id)
    for (let copy = 0; copy < 20; copy++) await wake(before)
    await world.pass(SECOND)
    expect(world.get(joined.id)).toEqual(before)
    expect(world.letters.filter(({ body }) => body.includes(joined.id))).toHaveLength(1)
  })

  test('that is due makes a step, and one message, however often it comes', async () => {
    world.cloud.workMs = () => 29 * MINUTE
    const [, joined] = await askMany(2)
    if (!joined) throw new Error('no run')
    await world.pass(Date.parse(world.get(joined.id).nextAt) - world.now() - SECOND)
    for (let copy = 0; copy < 20; copy++) await wake(world.get(joined.id))
    await world.pass(3 * SECOND)
    const { step, nextAt } = world.get(joined.id)
    expect([step, Math.round((Date.parse(nextAt) - world.now()) / MINUTE)]).toEqual([1, 14])
    expect(world.letters.filter(({ body }) => body.includes(joined.id))).toHaveLength(1)
  })

  test('that comes ten times after the end ends it once', async () => {
    const [leader, joined] = await askMany(2)
    if (!leader || !joined) throw new Error('no run')
    world.post = ({ at }) => (at === world.now() ? Array(10).fill(0) : [0])
    await latenessOf([leader, joined])
    await world.pass(20 * MINUTE)
    expect([world.published.filter(({ id }) => id === joined.id).length, world.letters]).toEqual([1, []])
  })
})

describe('the end of the other run is found', () => {
  test('at once where it comes just before this one has joined', async () => {
    const leader = await ask()
    const { save, get } = world.ports.store
    // The end is written when the leader was read as live and before the mark.
    world.ports.store.save = async (run) => {
      if (run.isJoined && !isFinal(run.state)) {
        world.ports.store.save = save
        await cancel(world.ports, leader.id, { by: 'the test' })
      }
      return save(run)
    }
    const { id } = await ask()
    await world.pass(SECOND)
    expect([(await get(leader.id))?.state, world.get(id).attachedTo, world.get(id).state]).toEqual([
      ...['cancelled', undefined, 'tracking'],
    ])
  })

  test('after 20 s where no list showed this one yet', async () => {
    world.cloud.workMs = () => MINUTE
    const leader = await ask()
    await world.pass(MINUTE)
    // Until shortly before the look that sees its end.
    while (Date.parse(world.get(leader.id).nextAt) - world.now() > 5 * SECOND) await world.pass(SECOND)
    const joined = await ask()
    const joinedAt = world.now()
    world.ports.store.list = async () => ({ runs: [] })
    expect(await endOf(leader.id)).toBeLessThan(joinedAt + 20 * SECOND)
    expect(await endOf(joined.id)).toBe(joinedAt + 20 * SECOND)
  })

  test.for([
    ['its own look, within a quarter of an hour, where it is not woken', 21 * SECOND, 15 * MINUTE],
    ['the sweeper, within 19 minutes, where all its messages are lost', 900 * SECOND, 19 * MINUTE],
  ] as const)('by %s', async ([, lostMs, latestMs]) => {
    const leader = await ask()
    const begun = world.now()
    world.post = ({ at, body }) =>
      !body.includes(leader.id) && world.now() < begun + MINUTE && at - world.now() <= lostMs ? [] : [0]
    const runs = [leader, ...(await askMany(99))]
    expect((await endOf(leader.id)) - begun).toBeLessThan(MINUTE)
    const lateMs = await latenessOf(runs)
    expect([lateMs > latestMs - 2 * MINUTE, lateMs < latestMs]).toEqual([true, true])
  })

  test('at once where the other run was cancelled: it is carried out', async () => {
    world.cloud.instance('2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef').work = {
      until: world.now() + 10 * SECOND,
      end: () => {},
    }
    const [leader, joined] = await askMany(2)
    await world.pass(11 * SECOND)
    await cancel(world.ports, leader?.id ?? '', { by: 'the test' })
    await world.pass(SECOND)
    expect(world.get(joined?.id ?? '')).toMatchObject({ state: 'tracking' })
  })
})

describe('waking', () => {
  test('that the queue does not take is repeated by the sweeper', async () => {
    const runs = await askMany(30)
    const { sendAll } = world.ports.queue
    let refusals = 1
    world.ports.queue.sendAll = async (queue, messages) => (refusals-- > 0 ? messages : sendAll(queue, messages))
    await world.pass(21 * SECOND)
    expect(await latenessOf(runs)).toBeLessThan(91 * SECOND)
    await world.pass(MINUTE)
    // Published again, as the same.
    expect([world.published.length, new Set(world.published.map(({ id }) => id)).size]).toEqual([31, 30])
  })

  test('is repeated where its worker died half way', async () => {
    const runs = await askMany(30)
    await world.pass(21 * SECOND)
    let sends = 0
    world.hook = (port, when) => {
      if (port === 'send' && when === 'before' && isFinal(world.get(runs[0]?.id ?? '').state) && ++sends === 10)
        throw new Crash()
    }
    expect(await latenessOf(runs)).toBeLessThan(91 * SECOND)
    await world.pass(2 * MINUTE)
    expect(new Set(world.published.map(({ id }) => id)).size).toBe(30)
  })

  test('does not wait for a topic that fails', async () => {
    const runs = await askMany(30)
    world.hook = (port, when) => {
      if (port === 'publish' && when === 'before') throw new Error('topic is down')
    }
    expect(await latenessOf(runs)).toBeLessThan(2 * SECOND)
    expect(world.published).toEqual([])
  })

  test('that never succeeds is given up, and holds up no notification', async () => {
    const [leader, joined] = await askMany(2)
    world.ports.store.list = async () => {
      throw new Error('throttled')
    }
    expect(await latenessOf([leader, joined].filter((run) => run !== undefined))).toBeLessThan(15 * MINUTE)
    await world.pass(20 * MINUTE)
    const tries = world.published.filter(({ id }) => id === leader?.id)
    expect([tries.length, world.get(leader?.id ?? '').due]).toEqual([5, undefined])
  })

  test('takes five seconds at most, and the sweeper goes on', async () => {
    const runs = await askMany(801)
    const [leader] = runs
    await world.pass(21 * SECOND)
    const { list } = world.ports.store
    world.ports.store.list = async (filter) => {
      await world.until(world.now() + 2 * SECOND)
      return list(filter)
    }
    world.sweeps = false
    await endOf(leader?.id ?? '')
    await world.pass(20 * SECOND)
    expect([lists, world.published.some(({ id }) => id === leader?.id)]).toEqual([3, true])
    world.sweeps = true
    expect(await latenessOf(runs)).toBeLessThan(3 * MINUTE)
    await world.pass(5 * MINUTE)
    expect(world.get(leader?.id ?? '').due).toBeUndefined()
  })
})
