import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../lib/local/sqlite/database.ts'
import { sqliteQueue } from '../../../lib/local/sqlite/queue.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import type { Sender } from '../../../lib/runs/dead-letter.ts'
import { at, newDeadLetter, newDelivery, newRun } from '../../ports/records.ts'
import { temporaryFolder } from './folder.ts'
import { commitEnds } from './wal.ts'

let database: Database
let discard: () => void
let isOpen: boolean

beforeEach(() => {
  const temporary = temporaryFolder()
  discard = temporary.discard
  database = openDatabase(temporary.folder)
  isOpen = true
  // Only COMMIT checks for a missing parent.
  database.prepare('make', 'CREATE TABLE parents (name TEXT PRIMARY KEY)').run()
  database.prepare('make', `CREATE TABLE names (name TEXT NOT NULL, ${DEFERRED})`).run()
})

const DEFERRED = 'parent TEXT REFERENCES parents DEFERRABLE INITIALLY DEFERRED'

afterEach(() => {
  if (isOpen) close()
  discard()
})

const close = (): void => {
  isOpen = false
  database.close()
}

const add = (name: string | null, parent: string | null = null): number =>
  database.prepare('add', 'INSERT INTO names VALUES (:name, :parent)').run({ name, parent })
const names = (): string[] =>
  database
    .prepare<{ name: string }>('read', 'SELECT name FROM names ORDER BY rowid')
    .all()
    .map(({ name }) => name)

/** The outcome of each. */
async function outcomes(writes: Promise<unknown>[]): Promise<unknown[]> {
  const settled = await Promise.allSettled(writes)
  return settled.map((one) => (one.status === 'fulfilled' ? one.value : one.reason))
}

async function commitsOf(work: () => Promise<unknown>): Promise<number> {
  const log = (): Buffer => readFileSync(`${database.path}-wal`)
  const before = commitEnds(log()).length
  await work()
  return commitEnds(log()).length - before
}

test('works run in the order in which they were asked for, see what was written before, and give their own results', async () => {
  const texts = ['a', 'b', 'c'].map((name) =>
    database.write('add', () => {
      add(name)
      return names().join()
    }),
  )
  const rows = database.prepare('forget', "DELETE FROM names WHERE name <> 'c'").write()
  expect(names()).toEqual([])
  expect(await outcomes([...texts, rows])).toEqual(['a', 'a,b', 'a,b,c', 2])
})

test('results are told in that order, when another program can see all of them', async () => {
  const other = new DatabaseSync(database.path, { readOnly: true })
  const observed: unknown[] = []
  const tell = async (name: string) => {
    await database.write('add', () => add(name))
    observed.push([name, other.prepare('SELECT count(*) AS count FROM names').get()?.count])
  }
  await Promise.all(['a', 'b', 'c'].map(tell))
  expect(observed).toEqual(['a', 'b', 'c'].map((name) => [name, 3]))
  other.close()
})

test.for<{ of: string; fail: () => void; error: object }>([
  {
    of: 'its own',
    fail: () => {
      throw new TypeError('x')
    },
    error: { name: 'TypeError' },
  },
  { of: 'a statement', fail: () => void add(null), error: { code: 'ERR_SQLITE_ERROR' } },
  {
    of: 'closing within it',
    fail: () => database.close(),
    error: { message: expect.stringContaining('close: ') },
  },
])('an error of $of undoes a work alone', async ({ fail, error }) => {
  const failing = database.write('fail', () => {
    add('b')
    fail()
  })
  const others = ['a', 'c'].map((name) => database.write('add', () => add(name)))
  await expect(failing).rejects.toMatchObject(error)
  expect([await outcomes(others), names()]).toEqual([
    [1, 1],
    ['a', 'c'],
  ])
})

test('a write within a write is refused', async () => {
  let inner: Promise<unknown> | undefined
  await database.write('outer', () => {
    inner = database.write('inner', () => add('inner')).catch((error: unknown) => error)
  })
  expect(await inner).toMatchObject({ message: `inner: ${database.path}: not from within another write` })
  expect(names()).toEqual([])
})

const limit = (pages: number) => database.prepare('limit', `PRAGMA max_page_count = ${pages}`).get()
let other: DatabaseSync | undefined

test.for<{ by: string; begin: () => void; work?: () => unknown; end: () => void; error: object }>([
  {
    by: 'a full disk',
    begin: () => limit(1),
    work: () => add('x'.repeat(100_000)),
    end: () => limit(1_000_000),
    error: { name: 'DatabaseError', kind: 'full' },
  },
  {
    by: 'a full disk that a work keeps to itself',
    begin: () => limit(1),
    work: () => {
      try {
        add('x'.repeat(100_000))
      } catch {}
    },
    end: () => limit(1_000_000),
    error: { message: expect.stringContaining('no such savepoint') },
  },
  {
    by: 'a transaction that cannot begin',
    begin: () => {
      other = new DatabaseSync(database.path)
      other.exec('BEGIN IMMEDIATE')
    },
    end: () => other?.close(),
    error: { name: 'DatabaseError', kind: 'locked' },
  },
  {
    by: 'a commit that fails',
    begin: () => {},
    work: () => add('x', 'no parent'),
    end: () => {},
    error: { message: 'FOREIGN KEY constraint failed' },
  },
])('nothing of a group is kept or acknowledged after $by', async ({ begin, work = () => {}, end, error }) => {
  await database.write('add', () => add('before'))
  begin()
  const group = [
    database.write('first', () => add('first')),
    database.write('work', work),
    database.write('last', () => add('last')),
  ]
  const errors = await outcomes(group)
  end()
  expect(errors).toEqual(Array(3).fill(expect.objectContaining(error)))
  expect(names()).toEqual(['before'])
  expect(await database.write('add', () => add('after'))).toBe(1)
  expect(names()).toEqual(['before', 'after'])
})

test('each of a group that failed has an error with its own name', async () => {
  limit(1)
  const large = database.write('large', () => add('x'.repeat(100_000)))
  const errors = await outcomes([database.write('small', () => add('a')), large])
  expect(errors.map((error) => String(error).slice(0, 30))).toEqual(
    ['small', 'large'].map((name) => `DatabaseError: ${name}: ${database.path}`.slice(0, 30)),
  )
})

test('closing carries out what is pending, and refuses what comes later', async () => {
  const pending = Array.from({ length: 450 }, (_, index) => database.write('add', () => add(`${index}`)))
  const { path } = database
  close()
  expect(await outcomes(pending)).toEqual(Array(450).fill(1))
  // Its turn comes when everything is committed.
  await new Promise((resolve) => setImmediate(resolve))
  await expect(database.write('late', () => add('late'))).rejects.toThrow(`late: ${path}: the database is closed`)
  const later = new DatabaseSync(path, { readOnly: true })
  expect(later.prepare('SELECT count(*) AS count FROM names').get()).toEqual({ count: 450 })
  later.close()
})

test.for([
  { count: 50, commits: 1 },
  { count: 200, commits: 1 },
  { count: 450, commits: 3 },
])('$count writes at once are $commits commits', async ({ count, commits }) => {
  const writeAll = () => Promise.all(Array.from({ length: count }, () => database.write('add', () => add('x'))))
  expect([await commitsOf(writeAll), names().length]).toEqual([commits, count])
})

test('other things have their turn between two commits', async () => {
  const counts: number[] = []
  const watch = (): void => {
    counts.push(names().length)
    if (counts.length < 2) setImmediate(watch)
  }
  const writes = Array.from({ length: 450 }, () => database.write('add', () => add('x')))
  setImmediate(watch)
  await Promise.all(writes)
  expect(counts).toEqual([200, 400])
})

test('each write of the store and the queues shares a commit with others', async () => {
  const [store, queue] = [sqliteStore(database), sqliteQueue(database, Date.now, () => {})]
  const run = await newRun('a')
  const lease = { resource: 'r', until: at(0), waiting: [], version: 1 }
  const letter = newDeadLetter('m')
  const message = { v: 1 as const, runId: run.id }
  const receive = async (from: Sender) => {
    const [received] = await queue.receive(from, { max: 1, nowMs: Date.now(), visibilityMs: 1000 })
    return received ?? { id: '', receives: 0 }
  }
  await queue.sendBack('polls', 'x')
  const held = await receive('polls')
  const writes = [
    () => store.create(run),
    () => store.save({ ...run, version: 2 }),
    () => store.saveLease(lease),
    () => store.saveLease({ ...lease, version: 2 }),
    () => store.createDeadLetter(letter),
    () => store.saveDeadLetter(letter),
    () => store.keepDelivery(newDelivery('d')),
    () => store.noteSweep(at(0)),
    () => queue.send('submissions', message, 0),
    () => queue.sendAll('submissions', [message, message]),
    () => queue.sendBack('alarms', 'x'),
    () => receive('submissions').then(({ receives }) => receives),
    () => queue.release(held, 0),
    () => queue.remove([held.id]),
  ]
  let results: unknown[] = []
  const writeAll = async () => {
    results = await Promise.all(writes.map((write) => write()))
  }
  expect(await commitsOf(writeAll)).toBe(1)
  const [no, none] = [undefined, []]
  expect(results).toEqual([no, true, true, true, no, true, no, no, no, none, no, 1, no, no])
})
