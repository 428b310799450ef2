import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../../lib/local/sqlite/database.ts'
import { sqliteOutcomes } from '../../../lib/local/sqlite/outcomes.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import { isFinal } from '../../../lib/runs/states.ts'
import type { Fact } from './engine.ts'
import { temporaryFolder } from './folder.ts'
import { commitEnds } from './wal.ts'

/**
 * A model of a disk whose power is cut. Synced bytes are on it. Any other sector is as it was written, or as it was before. SQLite syncs its log with every commit before it returns where `synchronous` is FULL or more; below that, only
 * before the log is copied to the database. https://www.sqlite.org/pragma.html#pragma_synchronous
 */

/** The two files. The shared memory of the log (`-shm`) is made anew. */
export interface Files {
  database: Buffer
  log: Buffer
}

const SECTOR_BYTES = 512
const FULL = 2

function logOf({ path }: Database): Buffer {
  return readFileSync(`${path}-wal`)
}

/** Read by another process: reading here would drop the locks of this one. */
export function filesOf(database: Database): Files {
  return { database: execFileSync('cat', [database.path], { maxBuffer: 1e9 }), log: logOf(database) }
}

/** The bytes of the log that were synced. */
export function syncedBytes(database: Database): number {
  const { synchronous = 0 } = database.prepare<{ synchronous: number }>('read', 'PRAGMA synchronous').get() ?? {}
  return synchronous >= FULL ? (commitEnds(logOf(database)).at(-1) ?? 0) : 0
}

/** The sectors on disk of a write that was not synced. */
const PATTERNS: ((index: number, count: number) => boolean)[] = [
  () => false,
  (index) => index % 2 === 0,
  (index) => index % 2 === 1,
  (index) => index > 0,
  (index, count) => index < count - 1,
]

/** Every state that may be on disk where bytes `from` to `to` of a file were written over `before`, but not synced. */
export function tornWrites(written: Buffer, before: Buffer, from: number, to: number): Buffer[] {
  return PATTERNS.map((isOnDisk) => {
    const bytes = Buffer.alloc(Math.max(to, before.length))
    before.copy(bytes)
    written.copy(bytes, 0, 0, from)
    const count = Math.ceil((to - from) / SECTOR_BYTES)
    for (let index = 0; index < count; index++) {
      const start = from + index * SECTOR_BYTES
      if (isOnDisk(index, count)) written.copy(bytes, start, start, Math.min(to, start + SECTOR_BYTES))
    }
    return bytes
  })
}

/** Starts the machine again with these files. @returns the facts that are lost */
export async function lostAfter(files: Files, facts: Fact[]): Promise<Fact[]> {
  const { folder, discard } = temporaryFolder()
  writeFileSync(join(folder, 'steadyhand.db'), files.database)
  writeFileSync(join(folder, 'steadyhand.db-wal'), files.log)
  const database = openDatabase(folder)
  try {
    const { integrity_check: found } =
      database.prepare<{ integrity_check: string }>('check', 'PRAGMA integrity_check').get() ?? {}
    if (found !== 'ok') throw new Error(`damaged: ${found}`)
    const store = sqliteStore(database)
    const notified = new Set(
      sqliteOutcomes(database)
        .all()
        .map(({ id }) => id),
    )
    const isKnown = async ({ kind, runId }: Fact): Promise<boolean> => {
      const run = await store.get(runId)
      if (!run || kind === 'accepted') return run !== undefined
      return kind === 'told'
        ? isFinal(run.state) && notified.has(`${runId}/${run.state}`)
        : run.state !== 'queued' && run.sentAt !== undefined
    }
    const known = await Promise.all(facts.map(isKnown))
    return facts.filter((_, index) => !known[index])
  } finally {
    database.close()
    discard()
  }
}
