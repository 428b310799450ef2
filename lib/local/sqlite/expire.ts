import type { Database } from './database.ts'

/** What has `expires_at` (epoch seconds). Names of ours: nothing else comes into the statements. */
const TABLES = ['runs', 'leases', 'letters', 'deliveries', 'sweeps', 'outcomes', 'unauthentic'] as const

/** Of each table at once: some ms, for nothing else is done meanwhile. */
const MAX_ROWS = 200

/**
 * Deletes records whose time is over, some at a time, as DynamoDB does by `expiresAtSeconds`.
 * @returns a function that says how many it deleted: zero when nothing is over
 */
export function expirer(database: Database): (nowMs: number) => Promise<number> {
  const statements = TABLES.map((table) =>
    database.prepare(
      `expire ${table}`,
      `DELETE FROM ${table} WHERE rowid IN
         (SELECT rowid FROM ${table} WHERE expires_at < :now ORDER BY expires_at LIMIT ${MAX_ROWS})`,
    ),
  )
  return (nowMs) => {
    const now = Math.floor(nowMs / 1000)
    const deleteAll = (): number => statements.reduce((deleted, statement) => deleted + statement.run({ now }), 0)
    return database.write('expire', deleteAll)
  }
}
