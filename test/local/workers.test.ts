import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { Database } from '../../lib/local/sqlite/database.ts'
import { openDatabase } from '../../lib/local/sqlite/database.ts'
import { type LocalQueue, sqliteQueue } from '../../lib/local/sqlite/queue.ts'
import { type Time, timeAt } from '../../lib/local/time.ts'
import { type Reader, startWorkers, type Workers } from '../../lib/local/workers.ts'
import type { Log } from '../../lib/runs/ports.ts'
import { temporaryFolder } from './sqlite/folder.ts'

const RUN = `run_${'0'.repeat(32)}`
const poll = (step: number) => ({ v: 1, runId: RUN, step }) as const
const stepOf = (body: string): number => JSON.parse(body).step

interface Bench {
  queue: LocalQueue
  workers: Workers
  lines: unknown[]
  /** How often the queue was read. */
  reads: () => number
}

const opened: { database: Database; workers: Workers; discard: () => void }[] = []
afterEach(async () => {
  for (const { database, workers, discard } of opened.splice(0)) {
    await workers.stop()
    database.close()
    discard()
  }
})

function start(
  handle: Reader['handle'],
  { atOnce = 2, visibilityMs = 60_000, time = timeAt(1), fill = async (_: LocalQueue) => {} } = {},
): Promise<Bench> {
  const { folder, discard } = temporaryFolder()
  const database = openDatabase(folder)
  const queue = sqliteQueue(database, time.clock, () => {})
  let reads = 0
  const watched: LocalQueue = {
    ...queue,
    nextAt: (name) => {
      reads++
      return queue.nextAt(name)
    },
  }
  const lines: unknown[] = []
  const log: Log = (level, message, fields) => lines.push({ level, message, ...fields })
  return fill(queue).then(() => {
    const reader: Reader = { queue: 'polls', atOnce, timeoutMs: 20_000, visibilityMs, handle }
    const workers = startWorkers([reader], { queue: watched, time, log })
    opened.push({ database, workers, discard })
    return { queue, workers, lines, reads: () => reads }
  })
}

test('what is there is handled once, in the order in which it is due, and is gone then', async () => {
  const handled: number[] = []
  const { queue } = await start(async ({ body }) => void handled.push(stepOf(body)), {
    atOnce: 1,
    fill: async (some) => {
      await some.send('polls', poll(2), 1)
      await some.send('polls', poll(1), 0)
    },
  })
  await expect.poll(() => handled).toEqual([1, 2])
  await expect.poll(() => queue.nextAt('polls')).toBe(undefined)
})

test('what is sent is handled as soon as it wakes the workers', async () => {
  const handled: number[] = []
  const { queue, workers } = await start(async ({ body }) => void handled.push(stepOf(body)))
  await sleep(50)
  await queue.send('polls', poll(7), 0)
  workers.wake('polls')
  await expect.poll(() => handled).toEqual([7])
})

test('it sleeps until a message is due: an idle queue is not read again and again', async () => {
  const { reads } = await start(async () => {}, { fill: (queue) => queue.send('polls', poll(1), 900) })
  await sleep(300)
  expect(reads()).toBeLessThanOrEqual(2)
})

test('no more messages are in hand than may be, and a slow one holds up no other', async () => {
  let [inHand, most] = [0, 0]
  const done: number[] = []
  await start(
    async ({ body }) => {
      most = Math.max(most, ++inHand)
      await sleep(stepOf(body) === 0 ? 1_000 : 5)
      inHand--
      done.push(stepOf(body))
    },
    {
      atOnce: 3,
      fill: async (queue) => {
        for (let step = 0; step < 20; step++) await queue.send('polls', poll(step), 0)
      },
    },
  )
  await expect.poll(() => done.length).toBe(20)
  expect(most).toBe(3)
  expect(done.at(-1)).toBe(0)
})

test('a message for which it fails is back at its visibility time-out, and the log says why', async () => {
  let tries = 0
  const { queue, lines } = await start(
    async () => {
      if (++tries === 1) throw new Error('table is down')
    },
    { visibilityMs: 200, fill: (some) => some.send('polls', poll(1), 0) },
  )
  await expect.poll(() => tries).toBe(2)
  expect(lines).toMatchObject([
    { level: 'error', message: 'message failed', queue: 'polls', receives: 1, error: 'Error: table is down' },
  ])
  await expect.poll(() => queue.nextAt('polls')).toBe(undefined)
})

test('a handler gets its deadline and the message', async () => {
  const time: Time = { clock: () => 1_000_000, sleep: (_, signal) => timeAt(1).sleep(20, signal) }
  const observed: unknown[] = []
  await start(async (delivered, deadlineAtMs) => void observed.push([delivered, deadlineAtMs]), {
    time,
    fill: (queue) => queue.send('polls', poll(1), 0),
  })
  await expect.poll(() => observed).toHaveLength(1)
  expect(observed).toEqual([
    [{ messageId: expect.any(String), queue: 'polls', body: JSON.stringify(poll(1)) }, 1_017_000],
  ])
})

test('a queue that cannot be read is read again, and the log says so', async () => {
  const handled: number[] = []
  const { folder, discard } = temporaryFolder()
  const database = openDatabase(folder)
  const queue = sqliteQueue(database, Date.now, () => {})
  await queue.send('polls', poll(1), 0)
  let failures = 1
  const failing: LocalQueue = {
    ...queue,
    receive: async (...asked) => {
      if (failures-- > 0) throw new Error('locked')
      return queue.receive(...asked)
    },
  }
  const lines: unknown[] = []
  const reader: Reader = {
    ...{ queue: 'polls', atOnce: 1, timeoutMs: 20_000, visibilityMs: 60_000 },
    handle: async ({ body }) => void handled.push(stepOf(body)),
  }
  const workers = startWorkers([reader], {
    ...{ queue: failing, time: timeAt(1) },
    log: (level, message, fields) => lines.push({ level, message, ...fields }),
  })
  opened.push({ database, workers, discard })
  await expect.poll(() => handled).toEqual([1])
  expect(lines).toEqual([{ level: 'error', message: 'queue cannot be read', queue: 'polls', error: 'Error: locked' }])
})

test('when it stops, what is in hand is finished, and nothing else is begun', async () => {
  const done: number[] = []
  const { workers, queue } = await start(
    async ({ body }) => {
      await sleep(200)
      done.push(stepOf(body))
    },
    {
      atOnce: 1,
      fill: async (some) => {
        await some.send('polls', poll(1), 0)
        await some.send('polls', poll(2), 0)
      },
    },
  )
  await sleep(50)
  await workers.stop()
  expect(done).toEqual([1])
  expect(await queue.nextAt('polls')).toBeLessThanOrEqual(Date.now())
})
