import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../lib/local/sqlite/database.ts'
import { type LocalQueue, MAX_RECEIVES, sqliteQueue } from '../../../lib/local/sqlite/queue.ts'
import { readTemplate } from '../../deployed/template/template.ts'
import { temporaryFolder } from './folder.ts'

/** The behaviour of the queues on SQLite alone. test/ports has that of every queue. */

const START = 1_000_000
const TEMPLATE = `${import.meta.dirname}/../../../.serverless/cloudformation-template-update-stack.json`

let database: Database
let folder: string
let discard: () => void
let queue: LocalQueue
let now: number
let lines: unknown[]

beforeEach(() => {
  const temporary = temporaryFolder()
  discard = temporary.discard
  folder = temporary.folder
  database = openDatabase(folder)
  now = START
  lines = []
  queue = sqliteQueue(
    database,
    () => now,
    (level, message, fields) => lines.push({ level, message, ...fields }),
  )
})

afterEach(() => {
  database.close()
  discard()
})

const receive = (max = 10) => queue.receive('polls', { max, nowMs: now, visibilityMs: 1000 })
const bodies = async (max?: number): Promise<string[]> => (await receive(max)).map(({ body }) => body)

test('messages are received in the order in which they can be, so many at a time', async () => {
  for (const body of ['a', 'b', 'c']) await queue.sendBack('polls', body)
  now -= 5
  await queue.sendBack('polls', 'earlier')
  now += 5
  expect(await bodies(2)).toEqual(['earlier', 'a'])
  expect(await bodies(2)).toEqual(['b', 'c'])
  expect(await bodies(2)).toEqual([])
})

test('a message has the instant at which it was sent', async () => {
  await queue.send('polls', { v: 1, runId: 'r', step: 1 }, 3)
  now += 3000
  expect(await receive()).toMatchObject([{ sentAtMs: START, receives: 1 }])
})

test('messages that are not sent are given back, and the reason is in the log', async () => {
  const messages = [1, 2].map((step) => ({ v: 1 as const, runId: 'r', step }))
  database.close()
  expect(await queue.sendAll('polls', messages)).toEqual(messages)
  database = openDatabase(folder)
  const error = `Error: send: ${database.path}: the database is closed`
  expect(lines).toEqual([{ level: 'error', message: 'messages not sent', queue: 'polls', count: 2, error }])
})

test('the next instant is that of the first message which can be received', async () => {
  expect(await queue.nextAt('polls')).toBeUndefined()
  await queue.send('polls', { v: 1, runId: 'r', step: 1 }, 900)
  expect(await queue.nextAt('polls')).toBe(START + 900_000)
  await queue.sendBack('polls', 'x')
  expect(await queue.nextAt('polls')).toBe(START)
  const [message] = await receive()
  expect(await queue.nextAt('polls')).toBe(START + 1000)
  await queue.remove([message?.id ?? '', 'not there'])
  expect(await queue.nextAt('polls')).toBe(START + 900_000)
  expect(await queue.nextAt('submissions')).toBeUndefined()
})

test('a message that is released goes to nobody else, where another has received it since', async () => {
  await queue.sendBack('polls', 'x')
  const [first] = await receive()
  now += 1000
  const [second] = await receive()
  if (first) await queue.release(first, now)
  expect(await bodies()).toEqual([])
  if (second) await queue.release(second, now)
  expect(await bodies()).toEqual(['x'])
})

test('at a start, what was received can be received at once, in every queue; what waits for its time still waits', async () => {
  await queue.sendBack('polls', 'in hand')
  await queue.sendBack('submissions', 'in hand')
  await queue.send('polls', { v: 1, runId: 'r', step: 1 }, 60)
  await receive()
  await queue.receive('submissions', { max: 10, nowMs: now, visibilityMs: 180_000 })
  await queue.sendBack('polls', 'new')
  now += 5
  await queue.releaseAll(now)
  expect(await receive()).toMatchObject([
    { body: 'new', receives: 1 },
    { body: 'in hand', receives: 2 },
  ])
  const again = await queue.receive('submissions', { max: 10, nowMs: now, visibilityMs: 1000 })
  expect(again).toMatchObject([{ body: 'in hand', receives: 2 }])
  expect(await queue.nextAt('polls')).toBe(now + 1000)
  now = START + 60_000
  expect(await bodies()).toEqual(['in hand', 'new', '{"v":1,"runId":"r","step":1}'])
})

test('what is released at a start is given up when its receives are used up, as ever', async () => {
  await queue.sendBack('polls', 'x')
  for (let time = 0; time < MAX_RECEIVES; time++) {
    expect(await bodies()).toEqual(['x'])
    await queue.releaseAll(now)
  }
  expect(await bodies()).toEqual([])
  expect(await queue.nextAt('polls-dead-letters')).toBe(now)
})

test('a dead letter is due where it went, not where it was', async () => {
  await queue.sendBack('polls', 'x')
  for (let time = 0; time < MAX_RECEIVES; time++, now += 1000) await receive()
  expect(await queue.nextAt('polls')).toBe(now)
  expect(await receive()).toEqual([])
  expect([await queue.nextAt('polls'), await queue.nextAt('polls-dead-letters')]).toEqual([undefined, now])
})

test('a text may have characters that no queue of AWS takes', async () => {
  const text = 'a\u0000b\u0001\uFFFF 😀'
  await queue.sendBack('polls', text)
  expect(await bodies()).toEqual([text])
})

test('messages are still there when the file is opened again', async () => {
  const temporary = temporaryFolder()
  const first = openDatabase(temporary.folder)
  await sqliteQueue(
    first,
    () => START,
    () => {},
  ).send('polls', { v: 1, runId: 'r', step: 1 }, 5)
  first.close()
  const second = openDatabase(temporary.folder)
  expect(
    await sqliteQueue(
      second,
      () => START,
      () => {},
    ).nextAt('polls'),
  ).toBe(START + 5000)
  second.close()
  temporary.discard()
})

test('a message is given up after as many receives as on AWS', () => {
  const limits = readTemplate(TEMPLATE).queues.flatMap(({ redrive }) => redrive?.maxReceiveCount ?? [])
  expect(new Set(limits)).toEqual(new Set([MAX_RECEIVES]))
})
