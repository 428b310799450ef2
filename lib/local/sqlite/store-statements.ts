import type { Database } from './database.ts'
import { type ListedRow, PAGED } from './list.ts'

interface Stored {
  record: string
}

/** Everything that the store asks of its tables, prepared once. */
export function storeStatements({ prepare }: Pick<Database, 'prepare'>) {
  return {
    runs: {
      get: prepare<Stored>('read run', 'SELECT record FROM runs WHERE id = :id'),
      create: prepare('create run', 'INSERT INTO runs (id, record) VALUES (:id, :record) ON CONFLICT (id) DO NOTHING'),
      save: prepare('save run', 'UPDATE runs SET record = :record WHERE id = :id AND version = :before'),
      due: prepare<{ id: string; dueAt: string }>(
        'find due runs',
        `SELECT id, due_at AS dueAt FROM runs WHERE due_at <= :now AND (due_at, id) > (:dueAt, :id)
         ORDER BY due_at, id LIMIT :limit`,
      ),
      list: prepare<ListedRow>(
        'list runs',
        `SELECT id, created_at AS createdAt, record FROM runs
         WHERE (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))
           AND (:operation IS NULL OR operation = :operation)
           AND (:source IS NULL OR source = :source)
           AND (:resources IS NULL OR resource IN (SELECT value FROM json_each(:resources)))
           AND (:batchId IS NULL OR batch_id = :batchId)
           AND ${PAGED}`,
      ),
    },
    leases: {
      get: prepare<Stored>('read lease', 'SELECT record FROM leases WHERE resource = :resource'),
      create: prepare(
        'create lease',
        `INSERT INTO leases (resource, record, expires_at) VALUES (:resource, :record, :expiresAt)
         ON CONFLICT (resource) DO NOTHING`,
      ),
      save: prepare(
        'save lease',
        `UPDATE leases SET record = :record, expires_at = :expiresAt WHERE resource = :resource AND version = :before`,
      ),
    },
    deadLetters: {
      get: prepare<Stored>('read dead letter', 'SELECT record FROM dead_letters WHERE id = :id'),
      keep: prepare(
        'keep dead letter',
        `INSERT INTO dead_letters (id, record, expires_at) VALUES (:id, :record, :expiresAt) ON CONFLICT (id) DO NOTHING`,
      ),
      save: prepare(
        'save dead letter',
        'UPDATE dead_letters SET record = :record, expires_at = :expiresAt WHERE id = :id',
      ),
      list: prepare<ListedRow>(
        'list dead letters',
        `SELECT id, created_at AS createdAt, record FROM dead_letters WHERE ${PAGED}`,
      ),
    },
    deliveries: {
      get: prepare<Stored>('read delivery', 'SELECT record FROM deliveries WHERE id = :id'),
      // One that names runs is not replaced by one that names none.
      keep: prepare(
        'keep delivery',
        `INSERT INTO deliveries (id, record, names_runs) VALUES (:id, :record, :namesRuns)
         ON CONFLICT (id) DO UPDATE SET record = excluded.record, names_runs = excluded.names_runs
         WHERE excluded.names_runs OR NOT deliveries.names_runs`,
      ),
      list: prepare<ListedRow>(
        'list deliveries',
        `SELECT id, created_at AS createdAt, record FROM deliveries
         WHERE (:source IS NULL OR source = :source) AND ${PAGED}`,
      ),
    },
    sweeps: {
      get: prepare<{ at: string }>('read last sweep', 'SELECT at FROM sweeps'),
      note: prepare(
        'note sweep',
        `INSERT INTO sweeps (id, at, expires_at) VALUES (1, :at, :expiresAt)
         ON CONFLICT (id) DO UPDATE SET at = excluded.at, expires_at = excluded.expires_at`,
      ),
    },
  }
}
