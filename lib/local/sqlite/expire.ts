import type { Database } from './database.ts'
import { shrinker } from './shrink.ts'

/** What has `expires_at` (epoch seconds). Names of ours: nothing else comes into the statements. */
const TABLES = ['runs', 'leases', 'dead_letters', 'deliveries', 'sweeps', 'outcomes', 'unauthentic'] as const

/** Of each table in one commit: some ms, for nothing else is done meanwhile. */
const MAX_ROWS = 200

/** Commits of one call: 10,000 rows of each table. More than comes in between two calls, a minute apart. */
const MAX_COMMITS = 50

/**
 * Deletes records whose time is over, the oldest first, as DynamoDB does by `expiresAtSeconds`; gives some of their space back.
 * @returns a function that says how many it deleted
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
