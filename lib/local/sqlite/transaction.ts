import type { DatabaseSync } from 'node:sqlite'

/** Keeps everything that the work writes, or nothing. */
export function inTransaction<T>(connection: DatabaseSync, work: () => T): T {
  connection.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    connection.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite itself rolls some failures back, e.g. that of a full disk.
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

/**
 * Runs work within a transaction. Work that throws is undone alone.
 * @throws the work's error, where SQLite has rolled the whole transaction back
 */
export function inSavepoint<T>(connection: DatabaseSync, work: () => T): { result: T } | { error: unknown } {
  connection.exec('SAVEPOINT work')
  try {
    const result = work()
    connection.exec('RELEASE work')
    return { result }
  } catch (error) {
    if (!connection.isTransaction) throw error
    connection.exec('ROLLBACK TO work; RELEASE work')
    return { error }
  }
}
