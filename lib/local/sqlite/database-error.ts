/** Why the database file cannot be used. */
export type DatabaseFault = 'in-use' | 'newer' | 'corrupt' | 'folder' | 'read-only' | 'full' | 'locked' | 'disk'

interface Explanation {
  problem: string
  advice: string
}

const EXPLANATIONS: Record<DatabaseFault, Explanation> = {
  'in-use': {
    problem: 'another process uses this data folder',
    advice: 'Stop it, or give this one a DATA_DIR of its own. Nothing was changed',
  },
  newer: {
    problem: 'a newer release wrote this file',
    advice: 'Start that release, or put back a copy from before it. Nothing was changed',
  },
  corrupt: {
    problem: 'the file is damaged, or not a database',
    advice: 'Move it and its `-wal` away and put back a copy; `sqlite3 FILE .recover` reads what is left',
  },
  folder: { problem: 'it cannot be opened', advice: 'DATA_DIR must be a folder that this user may read and write' },
  'read-only': {
    problem: 'it cannot be written',
    advice: 'Let this user write the folder and the files in it; the file system must not be read-only',
  },
  full: { problem: 'the disk is full', advice: 'Free some space. Acknowledged changes are kept' },
  locked: {
    problem: 'another program has locked the file',
    advice: 'End the program that writes to it, e.g. an open `sqlite3`',
  },
  disk: {
    problem: 'the disk reported an error',
    advice: 'Check the system log. Acknowledged changes are kept',
  },
}

/** A failure of the database file: the message says what happened, and what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly kind: DatabaseFault

  constructor({ operation, path, kind, fact, cause }: Failed & { kind: DatabaseFault }) {
    const { problem, advice } = EXPLANATIONS[kind]
    super(`${operation}: ${path}: ${problem}${fact ? ` (${fact})` : ''}. ${advice}.`, { cause })
    this.kind = kind
  }
}

interface Failed {
  /** The attempted operation. */
  operation: string
  path: string
  /** The one further fact to know. */
  fact?: string
  cause?: unknown
}

/** Primary result codes: https://www.sqlite.org/rescode.html */
const BY_RESULT_CODE: ReadonlyMap<number, DatabaseFault> = new Map([
  [3, 'read-only'], // SQLITE_PERM
  [5, 'locked'], // SQLITE_BUSY
  [6, 'locked'], // SQLITE_LOCKED
  [8, 'read-only'], // SQLITE_READONLY
  [10, 'disk'], // SQLITE_IOERR
  [11, 'corrupt'], // SQLITE_CORRUPT
  [13, 'full'], // SQLITE_FULL
  [14, 'folder'], // SQLITE_CANTOPEN
  [26, 'corrupt'], // SQLITE_NOTADB
])

const BY_SYSTEM_CODE: ReadonlyMap<string, DatabaseFault> = new Map([
  ['EACCES', 'read-only'],
  ['EPERM', 'read-only'],
  ['EROFS', 'read-only'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EIO', 'disk'],
  ['ENOENT', 'folder'], // also for a new folder on a read-only file system
  ['ENOTDIR', 'folder'],
  ['EEXIST', 'folder'],
  ['EISDIR', 'folder'],
])

/** Runs work on the file. @throws {DatabaseError} for its failures. An error of ours, e.g. a wrong statement, passes unchanged */
export function explained<T>(operation: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof DatabaseError ? error : namedFailure(operation, path, error)
  }
}

/** Makes a failure of the file one of this operation. Other errors pass unchanged. */
export function namedFailure(operation: string, path: string, error: unknown): unknown {
  const cause = error instanceof DatabaseError ? error.cause : error
  const kind = faultOf(cause)
  return kind ? new DatabaseError({ operation, path, kind, fact: String((cause as Error).message), cause }) : error // it has a code
}

function faultOf(error: unknown): DatabaseFault | undefined {
  if (!(error instanceof Error)) return undefined
  const { code, errcode } = error as { code?: string; errcode?: number } // of SQLite, or of the system
  // The lowest byte of an extended code is the primary one.
  return errcode === undefined ? BY_SYSTEM_CODE.get(code ?? '') : BY_RESULT_CODE.get(errcode & 0xff)
}
