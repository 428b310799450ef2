import type { Store } from '../../runs/ports.ts'
import { sweepExpiresAtSeconds } from '../../runs/retention.ts'
import type { Run } from '../../runs/run.ts'
import type { Database } from './database.ts'
import { sqliteDeadLetters } from './dead-letter-store.ts'
import { sqliteDeliveries } from './delivery-store.ts'
import { sqliteDocuments } from './document-store.ts'
import { sqliteDurations } from './duration-store.ts'
import { sqliteLeases } from './lease-store.ts'
import { sqliteRuns } from './run-store.ts'

/**
 * The store on SQLite. Each change is on disk when its promise resolves.
 * @param onEnd writes the notification of a run's end, in the transaction that ends the run
 */
export function sqliteStore(database: Database, onEnd: (run: Run) => void = () => {}): Store {
  return {
    ...sqliteRuns(database, onEnd),
    ...sqliteLeases(database),
    ...sqliteDeadLetters(database),
    ...sqliteDeliveries(database),
    ...sqliteDurations(database),
    ...sqliteDocuments(database),
    ...sqliteSweeps(database),
  }
}

function sqliteSweeps({ prepare }: Pick<Database, 'prepare'>): Pick<Store, 'lastSweep' | 'noteSweep'> {
  const get = prepare<{ at: string }>('read last sweep', 'SELECT at FROM sweeps')
  const note = prepare(
    'note sweep',
    `INSERT INTO sweeps (id, at, expires_at) VALUES (1, :at, :expiresAt)
     ON CONFLICT (id) DO UPDATE SET at = excluded.at, expires_at = excluded.expires_at`,
  )
  return {
    lastSweep: async () => get.get()?.at,
    noteSweep: async (at) => void (await note.write({ at, expiresAt: sweepExpiresAtSeconds(at) })),
  }
}
