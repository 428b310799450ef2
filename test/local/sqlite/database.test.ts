import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../lib/local/sqlite/database.ts'
import { sqliteQueue } from '../../../lib/local/sqlite/queue.ts'
import { STEPS } from '../../../lib/local/sqlite/schema.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import { newRun } from '../../ports/records.ts'
import { type Child, startChild } from './child.ts'
import { temporaryFolder } from './folder.ts'

let folder: string
let discard: () => void
let open: Database[]
let children: Child[]

beforeEach(() => {
  const temporary = temporaryFolder()
  folder = join(temporary.folder, 'data')
  discard = temporary.discard
  open = []
  children = []
})

afterEach(() => {
  for (const child of children) child.kill()
  for (const database of open) database.close()
  discard()
})

function openHere(): Database {
  const database = openDatabase(folder)
  open.push(database)
  return database
}

function startOther(): Child {
  const child = startChild('open', folder)
  children.push(child)
  return child
}

function closeAll(): void {
  for (const database of open.splice(0)) database.close()
}

const file = (name = 'steadyhand.db'): string => join(folder, name)

/** Everything in the folder, byte by byte. Read by another process: reading here would drop the locks of this one. */
const contents = (): { names: string[]; bytes: string } => {
  const names = readdirSync(folder).toSorted()
  return { names, bytes: execFileSync('cat', names, { cwd: folder, encoding: 'base64' }) }
}

/** The folder, copied while it is in use. */
function copyFolder(): { copy: string; discardCopy: () => void } {
  const { folder: copy, discard: discardCopy } = temporaryFolder()
  execFileSync('cp', ['-r', `${folder}/.`, copy])
  return { copy, discardCopy }
}

describe('the files', () => {
  const modes = (): Record<string, string> => {
    const names = ['.', ...readdirSync(folder)].toSorted()
    return Object.fromEntries(names.map((name) => [name, (statSync(file(name)).mode & 0o777).toString(8)]))
  }

  const own = {
    '.': '700',
    'steadyhand.db': '600',
    'steadyhand.db-shm': '600',
    'steadyhand.db-wal': '600',
    'steadyhand.lock': '600',
  }

  test('are of their owner alone', () => {
    openHere()
    expect(modes()).toEqual(own)
  })

  test('are taken from others who could read them before', () => {
    openHere()
    closeAll()
    chmodSync(folder, 0o755)
    chmodSync(file(), 0o644)
    openHere()
    expect(modes()).toEqual(own)
  })

  test('are synced with every commit, and can shrink', () => {
    const database = openHere()
    const names = ['journal_mode', 'synchronous', 'fullfsync', 'checkpoint_fullfsync', 'foreign_keys']
    const more = ['temp_store', 'trusted_schema', 'auto_vacuum', 'journal_size_limit']
    const settings = [...names, ...more].map((name) => database.prepare<object>('read', `PRAGMA ${name}`).get())
    expect(Object.assign({}, ...settings)).toEqual({
      journal_mode: 'wal',
      synchronous: 2, // FULL
      fullfsync: 1,
      checkpoint_fullfsync: 1,
      foreign_keys: 1,
      temp_store: 2, // MEMORY
      trusted_schema: 0,
      auto_vacuum: 2, // INCREMENTAL
      journal_size_limit: 16_777_216,
    })
  })

  test('can be read by another program meanwhile', async () => {
    await sqliteStore(openHere()).create(await newRun('a'))
    const reader = new DatabaseSync(file(), { readOnly: true })
    expect(reader.prepare('SELECT count(*) AS runs FROM runs').get()).toEqual({ runs: 1 })
    reader.close()
  })
})

describe('the version of the tables', () => {
  test('is that of the last step', () => {
    expect(openHere().prepare<object>('read', 'PRAGMA user_version').get()).toEqual({ user_version: STEPS.length })
  })

  test('that is newer is refused, and nothing is changed', () => {
    openHere()
    closeAll()
    const newer = new DatabaseSync(file())
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    const before = contents()
    expect(() => openDatabase(folder)).toThrow(
      expect.objectContaining({
        name: 'DatabaseError',
        kind: 'newer',
        message: `open: ${file()}: a newer release wrote this file (version 99 of its tables, this release knows ${STEPS.length}). Start that release, or put back a copy from before it. Nothing was changed.`,
      }),
    )
    expect(contents()).toEqual(before)
  })

  test('stays, where its step fails in the middle', () => {
    mkdirSync(folder)
    const foreign = new DatabaseSync(file())
    foreign.exec('CREATE TABLE dead_letters (x)')
    foreign.close()
    expect(() => openDatabase(folder)).toThrow('table dead_letters already exists')
    const after = new DatabaseSync(file())
    expect(after.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'dead_letters' }])
    expect(after.prepare('PRAGMA user_version').get()).toEqual({ user_version: 0 })
    after.close()
  })
})

describe('a second process on the same folder', () => {
  test('is refused, and touches nothing', async () => {
    await sqliteStore(openHere()).create(await newRun('a'))
    const before = contents()
    const second = startOther()
    expect(await second.lines(1)).toEqual([
      `in-use lock: ${file('steadyhand.lock')}: another process uses this data folder. Stop it, or give this one a DATA_DIR of its own. Nothing was changed.`,
    ])
    expect(await second.ended).toBe(0)
    expect(contents()).toEqual(before)
  })

  test('is refused while the first one lives, and opens it after its kill', async () => {
    const first = startOther()
    expect(await first.lines(1)).toEqual(['opened'])
    expect(() => openHere()).toThrow(expect.objectContaining({ kind: 'in-use' }))
    first.kill()
    expect(await first.ended).toBeNull()
    openHere()
  })

  test('opens it when the first one has closed it', () => {
    openHere()
    expect(() => openHere()).toThrow(expect.objectContaining({ kind: 'in-use' }))
    closeAll()
    openHere()
  })
})

describe('a write that fails has a name, and what was acknowledged stays:', () => {
  test('on a full disk', async () => {
    const database = openHere()
    const [store, queue] = [
      sqliteStore(database),
      sqliteQueue(
        database,
        () => 0,
        () => {},
      ),
    ]
    const run = await newRun('a')
    await store.create(run)
    // SQLite reports the same where the file may not grow.
    database.prepare('limit', 'PRAGMA max_page_count = 1').get()
    const large = { ...run, baseline: 'x'.repeat(300_000), version: 2 }
    await expect(store.save(large)).rejects.toMatchObject({
      kind: 'full',
      message: `save run: ${file()}: the disk is full (database or disk is full). Free some space. Acknowledged changes are kept.`,
    })
    await expect(queue.sendBack('alarms', 'x'.repeat(300_000))).rejects.toMatchObject({ kind: 'full' })
    const messages = [
      { v: 1 as const, runId: 'a' },
      { v: 1 as const, runId: 'x'.repeat(300_000) },
    ]
    expect(await queue.sendAll('submissions', messages)).toEqual(messages)
    expect(await queue.nextAt('submissions')).toBeUndefined()
    database.prepare('limit', 'PRAGMA max_page_count = 1000000').get()
    expect(await store.get(run.id)).toEqual(run)
    expect(await store.save(large)).toBe(true)
  })

  test('while another program has locked the file', async () => {
    const store = sqliteStore(openHere())
    const run = await newRun('a')
    await store.create(run)
    const other = new DatabaseSync(file())
    other.exec('BEGIN IMMEDIATE')
    await expect(store.save({ ...run, version: 2 })).rejects.toMatchObject({ kind: 'locked' })
    expect(await store.get(run.id)).toEqual(run)
    other.exec('ROLLBACK')
    other.close()
    expect(await store.save({ ...run, version: 2 })).toBe(true)
  })

  test('on a fault of ours, which passes as it is', () => {
    const database = openHere()
    const bad = database.prepare('x', "INSERT INTO runs (id, record) VALUES ('a', '{}')")
    expect(() => bad.run()).toThrow(expect.objectContaining({ name: 'Error', code: 'ERR_SQLITE_ERROR' }))
  })
})

test('a copy of the files, taken at any time, is a whole database of all that was acknowledged', async () => {
  const store = sqliteStore(openHere())
  let run = await newRun('a')
  await store.create(run)
  for (let version = 2; version < 40; version++) {
    run = { ...run, version, baseline: 'x'.repeat(version * 100) }
    await store.save(run)
    if (version % 5 !== 0) continue
    const { copy, discardCopy } = copyFolder()
    const copied = openDatabase(copy)
    expect(await sqliteStore(copied).get(run.id)).toEqual(run)
    copied.close()
    discardCopy()
  }
})

test('a log that was cut anywhere gives the state after one of the commits', async () => {
  const store = sqliteStore(openHere())
  let run = { ...(await newRun('a')), step: 1 }
  await store.create(run)
  for (let version = 2; version <= 20; version++) {
    run = { ...run, version, step: version }
    await store.save(run)
  }
  const whole = copyFolder()
  const log = readFileSync(join(whole.copy, 'steadyhand.db-wal'))
  const observed: number[] = []
  for (let bytes = log.length; bytes > log.length / 2; bytes -= 5_003) {
    const { copy, discardCopy } = copyFolder()
    writeFileSync(join(copy, 'steadyhand.db-wal'), log.subarray(0, bytes))
    const copied = openDatabase(copy)
    const read = await sqliteStore(copied).get(run.id)
    expect(read?.step).toBe(read?.version)
    observed.push(read?.version ?? 0)
    copied.close()
    discardCopy()
  }
  whole.discardCopy()
  expect(observed[0]).toBe(20)
  expect(observed).toEqual(observed.toSorted((a, b) => b - a))
  expect(new Set(observed).size).toBeGreaterThan(3)
})
