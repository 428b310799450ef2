import { jsonOf } from '../../basics/json-of.ts'
import type { CloudEvent } from '../../notify/events.ts'
import { outcomeExpiresAtSeconds } from '../../runs/retention.ts'
import type { Database } from './database.ts'

/** What people are told, as it is kept. */
export interface Outcomes {
  /** Writes within the transaction of whoever calls it; what has its id already stays. */
  keep(event: CloudEvent): void
  /** The oldest first. */
  all(): CloudEvent[]
}

export function sqliteOutcomes({ prepare }: Pick<Database, 'prepare'>): Outcomes {
  const keep = prepare(
    'keep outcome',
    `INSERT INTO outcomes (id, record, expires_at) VALUES (:id, :record, :expiresAt) ON CONFLICT (id) DO NOTHING`,
  )
  const all = prepare<{ record: string }>('read outcomes', 'SELECT record FROM outcomes ORDER BY created_at, rowid')
  return {
    keep: (event) =>
      void keep.run({ id: event.id, record: JSON.stringify(event), expiresAt: outcomeExpiresAtSeconds(event.time) }),
    // As they were written.
    all: () => all.all().map(({ record }) => jsonOf(record) as CloudEvent),
  }
}
