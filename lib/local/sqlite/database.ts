import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { DatabaseError, explained } from './database-error.ts'
import { createFile, lockFolder } from './folder-lock.ts'
import { type GroupCommit, groupCommit } from './group-commit.ts'
import { STEPS } from './schema.ts'
import { inTransaction } from './transaction.ts'

/** Parameters by name, without the colon. */
export type Values = Record<string, SQLInputValue>

export interface Statement<Row> {
  /** Runs by itself, or within a work of `write`. @returns the number of changed rows */
  run(values?: Values): number
  /** Runs as a work of its own. */
  write(values?: Values): Promise<number>
  get(values?: Values): Row | undefined
  all(values?: Values): Row[]
}

/** The one database file of a machine. A write that has returned is on disk. Failures of the file are `DatabaseError`s. */
export interface Database extends GroupCommit {
  readonly path: string
  /** @param operation for messages */
  prepare<Row = never>(operation: string, sql: string): Statement<Row>
}

/** Another program may write for a moment, e.g. at the end of a backup. The whole process waits for it. */
const BUSY_MS = 1_000

/**
 * Opens `steadyhand.db` of a folder for this process alone, and makes both where they do not exist.
 * @throws {DatabaseError} `in-use` and `newer` change nothing
 */
export function openDatabase(folder: string): Database {
  explained('open', folder, () => makeFolder(resolve(folder)))
  const unlock = lockFolder(join(folder, 'steadyhand.lock'))
  const path = join(folder, 'steadyhand.db')
  let connection: DatabaseSync | undefined
  try {
    return explained('open', path, () => {
      keepOthersOut(folder, 0o700)
      refuseLogAlone(path)
      createFile(path)
      keepOthersOut(path, 0o600)
      connection = new DatabaseSync(path, { timeout: BUSY_MS, enableForeignKeyConstraints: true })
      prepareFile(connection, path)
      return databaseOn(connection, path, unlock)
    })
  } catch (error) {
    connection?.close()
    unlock()
    throw error
  }
}

/** A database that nobody keeps, for what is only worked out. */
export function memoryDatabase(): Database {
  const path = ':memory:'
  const connection = new DatabaseSync(path)
  prepareFile(connection, path)
  return databaseOn(connection, path, () => {})
}

function databaseOn(connection: DatabaseSync, path: string, unlock: () => void): Database {
  const commits = groupCommit(connection, path)
  return {
    path,
    write: commits.write,
    prepare: <Row>(operation: string, sql: string): Statement<Row> => {
      const statement = connection.prepare(sql)
      const run = (values: Values = {}): number =>
        explained(operation, path, () => Number(statement.run(values).changes))
      return {
        run,
        write: (values) => commits.write(operation, () => run(values)),
        // The statement is written beside its row type.
        get: (values = {}) => explained(operation, path, () => statement.get(values) as Row | undefined),
        all: (values = {}) => explained(operation, path, () => statement.all(values) as Row[]),
      }
    },
    close: () => {
      commits.close()
      connection.close()
      unlock()
    },
  }
}

/** A power cut must not lose the folder: SQLite syncs the entries in it, but nobody syncs those above. */
function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made))
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** SQLite would delete a log whose database is empty, with all its content. The first start writes the database first. */
function refuseLogAlone(path: string): void {
  const [database = 0, log = 0] = [path, `${path}-wal`].map((file) => statSync(file, { throwIfNoEntry: false })?.size)
  if (database > 0 || log === 0) return
  throw new DatabaseError({ operation: 'open', path, kind: 'corrupt', fact: 'it is empty or gone, its log is not' })
}

/** https://www.sqlite.org/pragma.html */
const SETTINGS = `
  -- Takes effect only on an empty file. Free pages can then be given back to the disk.
  PRAGMA auto_vacuum = INCREMENTAL;
  PRAGMA journal_mode = WAL;
  -- A commit returns when it is on disk. macOS needs a call of its own for that.
  PRAGMA synchronous = FULL;
  PRAGMA fullfsync = TRUE;
  PRAGMA checkpoint_fullfsync = TRUE;
  -- Cuts the log after it has grown, e.g. during a backup (bytes): four times its usual length.
  PRAGMA journal_size_limit = 16777216;
  -- Undo data of a large work stays in memory: no other folder may be writable.
  PRAGMA temp_store = MEMORY;
  PRAGMA trusted_schema = OFF;
`

/** Checks before it writes: a file of a newer release stays as it is. */
function prepareFile(connection: DatabaseSync, path: string): void {
  const done = versionOf(connection)
  if (done > STEPS.length) {
    const fact = `version ${done} of its tables, this release knows ${STEPS.length}`
    throw new DatabaseError({ operation: 'open', path, kind: 'newer', fact })
  }
  connection.exec(SETTINGS)
  for (const [index, step] of STEPS.entries()) {
    if (index < done) continue
    inTransaction(connection, () => connection.exec(`${step}; PRAGMA user_version = ${index + 1}`))
  }
  // Writes without changing anything: fails now where writing is impossible, not at the first run.
  connection.exec(`PRAGMA user_version = ${STEPS.length}`)
}

function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.user_version)
}

/** A folder of another owner, e.g. a mounted volume, keeps its mode: the files have their own. */
function keepOthersOut(path: string, mode: number): void {
  const { mode: now, uid } = statSync(path)
  if ((now & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(path, mode)
}
