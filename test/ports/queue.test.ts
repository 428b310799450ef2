import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { LocalQueueName } from '../../lib/local/sqlite/queue.ts'
import type { PollMessage, SubmitMessage } from '../../lib/runs/messages.ts'
import { type OpenQueues, QUEUE_HOMES } from './queue-homes.ts'

const VISIBILITY_SECONDS = 30

/** What every queue does. Order is not promised. */
describe.for(QUEUE_HOMES)('on $name,', ({ start }) => {
  let home: Awaited<ReturnType<typeof start>>
  let opened: OpenQueues

  beforeAll(async () => {
    home = await start()
  })
  afterAll(() => home.stop())
  beforeEach(async () => {
    opened = await home.open()
  })
  afterEach(() => opened.close())

  const poll = (step: number): PollMessage => ({ v: 1, runId: 'run_1', step })
  const submits = (count: number): SubmitMessage[] =>
    Array.from({ length: count }, (_, index) => ({ v: 1, runId: `run_${String(index).padStart(2, '0')}` }))

  const bodies = async (name: LocalQueueName): Promise<unknown[]> =>
    (await opened.receive(name, VISIBILITY_SECONDS)).map(({ body }) => JSON.parse(body))

  const one = async (name: LocalQueueName, visibilitySeconds = VISIBILITY_SECONDS) => {
    const [message, ...more] = await opened.receive(name, visibilitySeconds)
    if (!message || more.length > 0) throw new Error(`${name}: not one message`)
    return message
  }

  test('a message is received as it was sent, once, from its own queue', async () => {
    await opened.queue.send('polls', poll(7), 0)
    expect(await bodies('submissions')).toEqual([])
    const message = await one('polls')
    expect(message).toMatchObject({ body: JSON.stringify(poll(7)), receives: 1 })
    expect(message.id).toMatch(/^[\w-]{1,100}$/)
    expect(await bodies('polls')).toEqual([])
  })

  test('a delayed message is received after its delay', async () => {
    await opened.queue.send('polls', poll(1), 1)
    await opened.queue.send('polls', poll(900), 900)
    expect(await bodies('polls')).toEqual([])
    await opened.pass(1)
    expect(await bodies('polls')).toEqual([poll(1)])
  })

  test('a delay that is not 0 to 900 whole seconds is refused, and nothing is sent', async () => {
    for (const seconds of [-1, 901, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(opened.queue.send('polls', poll(1), seconds)).rejects.toThrow('0 to 900 whole seconds')
    }
    await opened.pass(1)
    expect(await bodies('polls')).toEqual([])
  })

  test.for([0, 1, 10, 25])('%d messages are sent together, and each is received once', async (count) => {
    expect(await opened.queue.sendAll('submissions', submits(count))).toEqual([])
    const received: unknown[] = []
    for (let part = await bodies('submissions'); part.length > 0; part = await bodies('submissions')) {
      expect(part.length).toBeLessThanOrEqual(10)
      received.push(...part)
    }
    expect(received.map((message) => JSON.stringify(message)).toSorted()).toEqual(
      submits(count).map((message) => JSON.stringify(message)),
    )
  })

  test.for(['submissions', 'polls', 'alarms'] as const)('a text is sent back to %s as it is', async (to) => {
    const text = ' {"v":9, "text": "\'; DROP TABLE messages; --\n\té 漢"} '
    await opened.queue.sendBack(to, text)
    expect((await one(to)).body).toBe(text)
  })

  test('a text of 1 MiB is sent back whole', async () => {
    const text = 'x'.repeat(1_048_576)
    await opened.queue.sendBack('alarms', text)
    expect((await one('alarms')).body).toBe(text)
  })

  test('a message that is not removed is back after its visibility time-out, and counted', async () => {
    await opened.queue.send('polls', poll(1), 0)
    const first = await one('polls', 1)
    expect(await bodies('polls')).toEqual([])
    await opened.pass(1)
    expect(await one('polls', 1)).toEqual({ ...first, receives: 2 })
  })

  test('a message that is removed does not come back', async () => {
    expect(await opened.queue.sendAll('polls', [poll(1), poll(2)])).toEqual([])
    const [first, second] = await opened.receive('polls', 1)
    if (first) await opened.remove('polls', first)
    await opened.pass(1)
    expect(await bodies('polls')).toEqual([JSON.parse(second?.body ?? '')])
    if (first) await opened.remove('polls', first)
  })

  test('a message that is released is back at once, or after so long', async () => {
    await opened.queue.send('polls', poll(1), 0)
    await opened.release('polls', await one('polls'), 0)
    await opened.release('polls', await one('polls'), 1)
    expect(await bodies('polls')).toEqual([])
    await opened.pass(1)
    expect((await one('polls')).receives).toBe(3)
  })

  test('a message is received five times, then it is a dead letter of the same id', async () => {
    await opened.queue.send('submissions', { v: 1, runId: 'run_1' }, 0)
    const receives: number[] = []
    let id = ''
    for (let time = 0; time < 5; time++) {
      const message = await one('submissions')
      receives.push(message.receives)
      id = message.id
      await opened.release('submissions', message, 0)
      expect(await bodies('submissions-dead-letters')).toEqual([])
    }
    expect(receives).toEqual([1, 2, 3, 4, 5])
    expect(await bodies('submissions')).toEqual([])
    expect(await one('submissions-dead-letters')).toMatchObject({ id, body: '{"v":1,"runId":"run_1"}' })
    expect(await bodies('polls-dead-letters')).toEqual([])
  })

  test('a dead letter stays one, however often it is received', async () => {
    await opened.queue.sendBack('polls', 'x')
    for (let time = 0; time < 5; time++) await opened.release('polls', await one('polls'), 0)
    await opened.receive('polls', 0)
    for (let time = 0; time < 7; time++) {
      await opened.release('polls-dead-letters', await one('polls-dead-letters'), 0)
    }
    expect((await one('polls-dead-letters')).body).toBe('x')
  })

  test('ten readers at once get each message once', async () => {
    await opened.queue.sendAll('submissions', submits(20))
    const readers = Array.from({ length: 10 }, () => bodies('submissions'))
    const received = (await Promise.all(readers)).flat().map((message) => JSON.stringify(message))
    expect(received.toSorted()).toEqual(submits(20).map((message) => JSON.stringify(message)))
  })
})
