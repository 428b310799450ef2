/** Why the database file cannot be used. */
export type DatabaseFault = 'in-use' | 'newer' | 'corrupt' | 'folder' | 'read-only' | 'full' | 'locked' | 'disk'

interface Explanation {
  what: string
  remedy: string
}

const EXPLANATIONS: Record<DatabaseFault, Explanation> = {
  'in-use': {
    what: 'another process has this data folder',
    remedy: 'Stop it, or give this one a DATA_DIR of its own. Nothing was changed',
  },
  newer: {
    what: 'a newer release wrote this file',
    remedy: 'Start that release, or put back a copy from before it. Nothing was changed',
  },
  corrupt: {
    what: 'the file is damaged, or no database',
    remedy: 'Move it and its `-wal` away and put back a copy; `sqlite3 FILE .recover` reads what is left',
  },
  folder: { what: 'it cannot be opened', remedy: 'DATA_DIR must be a folder that this user may read and write' },
  'read-only': {
    what: 'it cannot be written',
    remedy: 'Let this user write the folder and the files in it; the file system must not be read-only',
  },
  full: { what: 'the disk is full', remedy: 'Free some space. What was acknowledged is kept' },
  locked: { what: 'another program has locked the file', remedy: 'End what writes to it, e.g. an open `sqlite3`' },
  disk: {
    what: 'the disk answered with an error',
    remedy: 'Look into the log of the system. What was acknowledged is kept',
  },
}

/** Says what happened to the database file, and what to do. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly kind: DatabaseFault

  constructor({ operation, path, kind, fact, cause }: Failed & { kind: DatabaseFault }) {
    const { what, remedy } = EXPLANATIONS[kind]
    super(`${operation}: ${path}: ${what}${fact ? ` (${fact})` : ''}. ${remedy}.`, { cause })
    this.kind = kind
  }
}

interface Failed {
  /** What was to be done. */
  operation: string
  path: string
  /** The one thing to know more. */
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
  ['ENOENT', 'folder'], // also of a new folder on a file system that is read-only
  ['ENOTDIR', 'folder'],
  ['EEXIST', 'folder'],
  ['EISDIR', 'folder'],
])

/** Runs some work on the file; its failures have a name. A fault of ours, e.g. a wrong statement, passes as it is. */
export function explained<T>(operation: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof DatabaseError ? error : namedFailure(operation, path, error)
  }
}

/** A failure of the file, as that of this operation; anything else as it is. */
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
