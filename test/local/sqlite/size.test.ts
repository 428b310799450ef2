import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../lib/local/sqlite/database.ts'
import { expirer } from '../../../lib/local/sqlite/expire.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import type { Store } from '../../../lib/runs/ports.ts'
import { NOW, newDelivery } from '../../ports/records.ts'
import { temporaryFolder } from './folder.ts'

const MB = 1_000_000

let database: Database
let store: Store
let expire: (nowMs: number) => Promise<number>
let discard: () => void

beforeEach(() => {
  const temporary = temporaryFolder()
  discard = temporary.discard
  database = openDatabase(temporary.folder)
  store = sqliteStore(database)
  expire = expirer(database)
})

afterEach(() => {
  database.close()
  discard()
})

/** Deliveries of 10 KB each, by their numbers; they expire in that order, a second apart. */
async function keep(from: number, to: number): Promise<void> {
  const raw = 'x'.repeat(10_000)
  const kept = Array.from({ length: to - from }, (_, index) => {
    const delivery = newDelivery(`dlv_${from + index}`, [], from + index)
    return store.keepDelivery({ ...delivery, raw, expiresAtSeconds: NOW / 1000 + from + index })
  })
  await Promise.all(kept)
}

/** The instant at which those up to this number have expired. */
const expireTo = (to: number): Promise<number> => expire(NOW + to * 1000)

/** The size of the file (bytes) once the log is in it. */
function fileSize(): number {
  database.prepare<object>('copy the log', 'PRAGMA wal_checkpoint(TRUNCATE)').get()
  return statSync(database.path).size
}

const logSize = (): number => statSync(`${database.path}-wal`).size

test('the file does not grow where as much expires as comes in', async () => {
  await keep(0, 1000)
  const sizes: number[] = []
  for (let turn = 1; turn <= 5; turn++) {
    expect(await expireTo(turn * 500)).toBe(500)
    await keep(500 + turn * 500, 1000 + turn * 500)
    sizes.push(fileSize())
  }
  expect(Math.min(...sizes)).toBeGreaterThan(10 * MB)
  expect(Math.max(...sizes)).toBeLessThan(1.1 * Math.min(...sizes))
})

test('the file shrinks when much of it has expired, some of it at a time, and not to the last page', async () => {
  await keep(0, 3000)
  const full = fileSize()
  expect(full).toBeGreaterThan(30 * MB)
  const sizes: number[] = []
  for (let turn = 0; turn < 12; turn++) {
    await expireTo(2500)
    sizes.push(fileSize())
  }
  // 4 MB per turn.
  expect(sizes[0]).toBeGreaterThan(full - 4.2 * MB)
  expect(sizes[0]).toBeLessThan(full - 3 * MB)
  expect(sizes.at(-1)).toBeLessThan(8 * MB)
  expect(sizes.at(-1)).toEqual(sizes.at(-2))
  const { freelist_count: spare } =
    database.prepare<{ freelist_count: number }>('count', 'PRAGMA freelist_count').get() ?? {}
  expect(spare).toBeGreaterThan(100)
  expect(await store.getDelivery('dlv_2999')).toBeDefined()
})

test('a log that could not be copied for a while is short again afterwards', async () => {
  const reader = new DatabaseSync(database.path, { readOnly: true })
  reader.exec('BEGIN; SELECT count(*) FROM runs')
  await keep(0, 3000)
  const long = logSize()
  reader.close()
  expect(long).toBeGreaterThan(30 * MB)
  await keep(3000, 3001)
  await keep(3001, 3002)
  expect(logSize()).toBeLessThanOrEqual(16 * 1024 * 1024)
})
