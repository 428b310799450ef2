import type { SQLInputValue } from 'node:sqlite'

/** By name, or in order. */
export type Values = Readonly<Record<string, SQLInputValue>>

/** A connection to the database, for those who judge: nothing that they do is seen, and nothing goes wrong with it. */
export interface Raw {
  all(sql: string, ...values: SQLInputValue[]): Record<string, unknown>[]
  get(sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined
  run(sql: string, ...values: SQLInputValue[]): void
  isTransaction(): boolean
}

/** A statement that is about to change rows, or has. */
export interface Change {
  verb: 'INSERT' | 'UPDATE' | 'DELETE'
  table: string
  values: Values
}

/** Is told of everything that is written to one database file. */
export interface Watch {
  opened(raw: Raw): void
  /** Before a write, and before a transaction begins or is committed. @throws what SQLite would throw */
  before(what: 'begin' | 'write' | 'commit', change?: Change): void
  /** It counts when it is committed. */
  changed(change: Change, rows: number): void
  committed(): void
  /** Nothing of the transaction counts; or, of a part of it, what was undone does not. */
  undone(): void
}

/** By the path of the file. */
const watches = new Map<string, Watch>()

export function watchFile(path: string, watch: Watch): void {
  watches.set(path, watch)
}

export function unwatchFile(path: string): void {
  watches.delete(path)
}

export function watchOf(path: string): Watch | undefined {
  return watches.get(path)
}

/** An error of SQLite, as `node:sqlite` throws it. @param errcode https://www.sqlite.org/rescode.html */
export function sqliteError(errcode: number, message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode })
}
