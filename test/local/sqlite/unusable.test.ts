import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../lib/local/sqlite/database.ts'
import { sqliteQueue } from '../../../lib/local/sqlite/queue.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { newRun } from '../../ports/records.ts'
import { temporaryFolder } from './folder.ts'
import { type Files, filesOf } from './power-cut.ts'

let parent: string
let folder: string
let discard: () => void
let open: Database[]

beforeEach(() => {
  const temporary = temporaryFolder()
  parent = temporary.folder
  folder = join(parent, 'data')
  discard = temporary.discard
  open = []
})

afterEach(() => {
  closeAll()
  discard()
})

function openHere(): Database {
  const database = openDatabase(folder)
  open.push(database)
  return database
}

function openedHere(): Database {
  const [database] = open
  if (!database) throw new Error('not opened')
  return database
}

function closeAll(): void {
  for (const database of open.splice(0)) database.close()
}

const file = (name = 'steadyhand.db'): string => join(folder, name)
const log = (): string => file('steadyhand.db-wal')

const error = (kind: string, fact = '') =>
  expect.objectContaining({ name: 'DatabaseError', kind, message: expect.stringContaining(fact) })

describe('what cannot be opened has a name:', () => {
  test.for<{ what: string; make: () => void; kind: string; fact?: string }>([
    { what: 'a file in the place of the folder', make: () => writeFileSync(folder, ''), kind: 'folder' },
    {
      what: 'a file in the place of the folder above',
      make: () => {
        rmSync(parent, { recursive: true })
        writeFileSync(parent, '')
      },
      kind: 'folder',
    },
    { what: 'a folder in the place of the file', make: () => mkdirSync(file(), { recursive: true }), kind: 'folder' },
    {
      what: 'a folder in the place of the lock',
      make: () => mkdirSync(file('steadyhand.lock'), { recursive: true }),
      kind: 'folder',
    },
  ])('$what', ({ make, kind }) => {
    make()
    expect(() => openHere()).toThrow(error(kind))
    // By then, nothing is locked.
    expect(() => openHere()).toThrow(error(kind))
  })

  test('a file that another program has locked', () => {
    openHere()
    closeAll()
    const other = new DatabaseSync(file())
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE')
    expect(() => openHere()).toThrow(error('locked'))
    other.close()
    openHere()
  })

  test('a file that is no database, which stays as it is', () => {
    mkdirSync(folder)
    writeFileSync(file(), 'no database at all '.repeat(99))
    const before = readFileSync(file())
    expect(() => openHere()).toThrow(error('corrupt', file()))
    expect(readFileSync(file())).toEqual(before)
    expect(readdirSync(folder)).toEqual(['steadyhand.db', 'steadyhand.lock'])
  })
})

const NOBODY = 65_534

/** Another user's id for a moment, since root may write everywhere. Undefined where that is not permitted. */
const asOrdinaryUser = ((): (<T>(work: () => T) => T) | undefined => {
  if (process.geteuid?.() !== 0) return (work) => work()
  const asNobody = <T>(work: () => T): T => {
    process.seteuid?.(NOBODY)
    try {
      return work()
    } finally {
      process.seteuid?.(0)
    }
  }
  try {
    asNobody(() => {})
    return asNobody
  } catch {
    return undefined
  }
})()

describe.runIf(asOrdinaryUser)('what may not be written has a name:', () => {
  const modes: { what: string; name: string; mode: number; kind: string }[] = [
    { what: 'the folder', name: '.', mode: 0o500, kind: 'read-only' },
    { what: 'the file', name: 'steadyhand.db', mode: 0o400, kind: 'read-only' },
    { what: 'the lock', name: 'steadyhand.lock', mode: 0o000, kind: 'folder' },
  ]

  /** As the user of the folder. */
  function make(): void {
    if (process.geteuid?.() === 0) chownSync(parent, NOBODY, NOBODY)
    asOrdinaryUser?.(() => {
      openHere()
      closeAll()
    })
  }

  test.for(modes)('$what', ({ name, mode, kind }) => {
    make()
    const before = readFileSync(file())
    chmodSync(file(name), mode)
    expect(() => asOrdinaryUser?.(() => openHere())).toThrow(error(kind))
    expect(readFileSync(file())).toEqual(before)
    chmodSync(folder, 0o700)
    for (const one of readdirSync(folder)) chmodSync(file(one), 0o600)
    asOrdinaryUser?.(() => openHere())
  })

  test('the folder above, where nothing is there yet', () => {
    if (process.geteuid?.() === 0) chownSync(parent, NOBODY, NOBODY)
    chmodSync(parent, 0o500)
    expect(() => asOrdinaryUser?.(() => openHere())).toThrow(error('read-only'))
    expect(readdirSync(parent)).toEqual([])
    chmodSync(parent, 0o700)
  })
})

describe('damage is found, or nothing is lost by it:', () => {
  const RUNS = 40

  /** Writes runs, each with a message, in one commit. @returns them, newest first */
  async function fill(): Promise<Run[]> {
    const database = openHere()
    const [store, queue] = [
      sqliteStore(database),
      sqliteQueue(
        database,
        () => 0,
        () => {},
      ),
    ]
    const runs: Run[] = []
    for (let index = 0; index < RUNS; index++) {
      const run = await newRun(`k${index}`, index)
      await Promise.all([store.create(run), queue.sendBack('polls', run.id)])
      runs.unshift(run)
      if (index + 1 === RUNS / 2) database.prepare<object>('copy the log', 'PRAGMA wal_checkpoint').get()
    }
    return runs
  }

  /** Reads everything: by each index, one by one, and by the queue. */
  async function readAll(known: Run[]) {
    const database = openHere()
    const [store, queue] = [
      sqliteStore(database),
      sqliteQueue(
        database,
        () => 0,
        () => {},
      ),
    ]
    const { runs } = await store.list({ limit: 100 })
    const { ids } = await store.due({ now: '2030-01-01T00:00:00.000Z', limit: 100 })
    const each = await Promise.all(known.map(({ id }) => store.get(id)))
    const messages = await queue.receive('polls', { max: 100, nowMs: 0, visibilityMs: 1 })
    return { runs, due: ids.length, each: each.filter((run) => run !== undefined), messages: messages.length }
  }

  const all = (runs: Run[]) => ({ runs, due: runs.length, each: runs, messages: runs.length })

  test.for<{ what: string; damage: (bytes: Buffer) => Buffer }>([
    { what: 'another beginning', damage: (bytes) => Buffer.concat([Buffer.alloc(100, 0xff), bytes.subarray(100)]) },
    { what: 'no beginning', damage: (bytes) => Buffer.concat([Buffer.alloc(100), bytes.subarray(100)]) },
    { what: 'an empty first page', damage: (bytes) => Buffer.concat([Buffer.alloc(4096), bytes.subarray(4096)]) },
    { what: 'half a page', damage: (bytes) => bytes.subarray(0, 2048) },
    { what: 'its first page alone', damage: (bytes) => bytes.subarray(0, 4096) },
    { what: 'half of its pages', damage: (bytes) => bytes.subarray(0, bytes.length / 2) },
    { what: 'all pages but the last', damage: (bytes) => bytes.subarray(0, -4096) },
  ])('a file with $what', async ({ damage }) => {
    const known = await fill()
    closeAll()
    writeFileSync(file(), damage(readFileSync(file())))
    await expect(readAll(known)).rejects.toEqual(error('corrupt'))
  })

  test.for([0x00, 0x5a, 0xff])('a page full of %i, whichever it is', async (byte) => {
    const known = await fill()
    closeAll()
    const whole = readFileSync(file())
    const found: unknown[] = []
    for (let page = 1; page < whole.length / 4096; page++) {
      writeFileSync(file(), Buffer.from(whole).fill(byte, page * 4096, (page + 1) * 4096))
      const read = await readAll(known).catch((thrown: unknown) => thrown)
      closeAll()
      // The pages of other tables are not read.
      if (read instanceof Error) found.push(read)
      else expect(read).toEqual(all(known))
    }
    expect(found.length).toBeGreaterThan(10)
    expect(found).toEqual(found.map(() => error('corrupt')))
  })

  /** Another folder with a copy of this one's files. */
  function copyTo(name: string, { database, log: bytes }: Files): void {
    folder = join(parent, name)
    mkdirSync(folder)
    writeFileSync(file(), database)
    writeFileSync(log(), bytes)
  }

  // SQLite takes damage in its log for the log's end: the state is the one after some commit.
  test.for<{ what: string; damage: (bytes: Buffer) => Buffer; least: number; most: number }>([
    { what: 'gone', damage: () => Buffer.alloc(0), least: RUNS / 2, most: RUNS / 2 },
    { what: 'something else', damage: (bytes) => Buffer.alloc(bytes.length, 0xff), least: RUNS / 2, most: RUNS / 2 },
    {
      what: 'damaged in the middle',
      damage: (bytes) => Buffer.from(bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 0xff : byte))),
      least: RUNS / 2 + 1,
      most: RUNS - 1,
    },
    { what: 'longer than it was', damage: (bytes) => Buffer.concat([bytes, bytes]), least: RUNS, most: RUNS },
  ])('a log that is $what', async ({ damage, least, most }) => {
    const known = await fill()
    const files = filesOf(openedHere())
    copyTo('copy', { ...files, log: damage(files.log) })
    const read = await readAll(known)
    expect(read).toEqual(all(known.slice(-read.messages)))
    expect(read.messages).toBeGreaterThanOrEqual(least)
    expect(read.messages).toBeLessThanOrEqual(most)
  })

  test.for(['empty', 'gone'])('a log whose database is %s: it stays as it is', async (state) => {
    await fill()
    const files = filesOf(openedHere())
    copyTo('copy', { ...files, database: Buffer.alloc(0) })
    if (state === 'gone') rmSync(file())
    const names = readdirSync(folder)
    expect(() => openHere()).toThrow(error('corrupt', 'it is empty or gone, its log is not'))
    expect([readdirSync(folder), readFileSync(log())]).toEqual([[...names, 'steadyhand.lock'], files.log])
  })

  test('an empty file begins anew, as one does that was not begun before a power cut', async () => {
    mkdirSync(folder)
    writeFileSync(file(), '')
    writeFileSync(log(), '')
    expect(await readAll([])).toEqual(all([]))
  })
})
