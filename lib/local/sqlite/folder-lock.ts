import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { DatabaseError, explained } from './database-error.ts'

/** A process that was killed a moment ago may still exist. */
const WAIT_MS = 500

/** The locks of this process: a connection without a reference would be collected, and its lock lost. */
const held = new Set<DatabaseSync>()

/**
 * Locks a folder for the life of this process: an exclusive SQLite lock on a file that stays empty. The system drops the lock
 * however the process ends. The database itself stays readable, e.g. for a backup.
 * Nothing else in this process may open the file: POSIX drops all locks of a process on a file when it closes any of its
 * descriptors.
 * @returns unlocks
 * @throws {DatabaseError} `in-use`
 */
export function lockFolder(path: string): () => void {
  return explained('lock', path, () => {
    createFile(path)
    const lock = new DatabaseSync(path, { timeout: WAIT_MS })
    try {
      // No journal on disk: nothing is ever written.
      lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    } catch (cause) {
      lock.close()
      const isBusy = (cause as { errcode?: number }).errcode === SQLITE_BUSY // an error of SQLite
      throw isBusy ? new DatabaseError({ operation: 'lock', path, kind: 'in-use', cause }) : cause
    }
    held.add(lock)
    return () => {
      held.delete(lock)
      lock.close()
    }
  })
}

/** https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5

/**
 * Makes an empty file for its owner alone, unless it exists. An existing file is not opened: closing it would drop the locks
 * that this process has on it.
 */
export function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error // of the file system
  }
}
