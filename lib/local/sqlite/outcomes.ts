import { jsonOf } from '../../basics/json-of.ts'
import type { CloudEvent } from '../../notify/cloud-event.ts'
import { outcomeExpiresAtSeconds } from '../../runs/retention.ts'
import type { Database } from './database.ts'

/** The kept notifications. */
export interface Outcomes {
  /** Writes within the caller's transaction. An event with the same id stays as it is. */
  keep(event: CloudEvent): void
  /** Oldest first. */
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
    // This release, or an older one, wrote them.
    all: () => all.all().map(({ record }) => jsonOf(record) as CloudEvent),
  }
}
