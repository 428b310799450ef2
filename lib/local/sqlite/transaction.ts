import type { DatabaseSync } from 'node:sqlite'

/** Everything that the work writes, or nothing. */
export function inTransaction<T>(connection: DatabaseSync, work: () => T): T {
  connection.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    connection.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite has rolled some failures back itself, e.g. that of a full disk.
    if (connection.isTransaction) connection.exec('ROLLBACK')
    throw error
  }
}

/**
 * A work within a transaction that is undone alone where it throws.
 * @throws what it threw, where SQLite has rolled the whole transaction back
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
