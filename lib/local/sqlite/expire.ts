import type { Database } from './database.ts'
import { shrinker } from './shrink.ts'

/** The tables with `expires_at` (epoch seconds). No other names enter the statements. */
const TABLES = [
  'runs',
  'leases',
  'dead_letters',
  'deliveries',
  'sweeps',
  'outcomes',
  'unauthentic',
  'durations',
  'documents',
] as const

/** Per table and commit: some ms, in which the process does nothing else. */
const MAX_ROWS = 200

/** Commits per call: 10,000 rows of each table, more than arrive in the minute between two calls. */
const MAX_COMMITS = 50

/**
 * Deletes expired records, oldest first, as DynamoDB does by `expiresAtSeconds`, and gives some of their space back.
 * @returns a function that resolves to the number of deleted records
 */
export function expirer(database: Database): (nowMs: number) => Promise<number> {
  const statements = TABLES.map((table) =>
    database.prepare(
      `expire ${table}`,
      `DELETE FROM ${table} WHERE rowid IN
         (SELECT rowid FROM ${table} WHERE expires_at < :now ORDER BY expires_at LIMIT ${MAX_ROWS})`,
    ),
  )
  const shrink = shrinker(database)
  return async (nowMs) => {
    const now = Math.floor(nowMs / 1000)
    const deleteSome = (): number => statements.reduce((deleted, statement) => deleted + statement.run({ now }), 0)
    let deleted = 0
    for (let commit = 0; commit < MAX_COMMITS; commit++) {
      const some = await database.write('expire', deleteSome)
      deleted += some
      if (some === 0) break
    }
    await shrink()
    return deleted
  }
}
