import { ScanCommand } from '@aws-sdk/lib-dynamodb'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import { openDatabase } from '../../lib/local/sqlite/database.ts'
import { sqliteStore } from '../../lib/local/sqlite/store.ts'
import type { Store } from '../../lib/runs/ports.ts'
import { startTables } from '../aws/tables.ts'
import { temporaryFolder } from '../local/sqlite/folder.ts'

/** An empty store in one of its homes. */
export interface OpenStore {
  store: Store
  /** When each record may be deleted (epoch seconds), by what it is. */
  expiries(): Promise<Record<string, number>>
  close(): void
}

interface StoreHome {
  name: string
  start(): Promise<{ open(): Promise<OpenStore>; stop(): void }>
}

export const STORE_HOMES: StoreHome[] = [
  { name: 'SQLite', start: async () => ({ open: async () => openSqlite(), stop: () => {} }) },
  { name: 'DynamoDB', start: startDynamo },
]

function openSqlite(): OpenStore {
  const { folder, discard } = temporaryFolder()
  const database = openDatabase(folder)
  const expiries = database.prepare<{ kind: string; at: number }>(
    'read expiries',
    `SELECT 'run' AS kind, expires_at AS at FROM runs UNION ALL SELECT 'lease', expires_at FROM leases
     UNION ALL SELECT 'letter', expires_at FROM dead_letters UNION ALL SELECT 'delivery', expires_at FROM deliveries
     UNION ALL SELECT 'sweep', expires_at FROM sweeps UNION ALL SELECT 'durations', expires_at FROM durations
     UNION ALL SELECT kind, expires_at FROM documents`,
  )
  return {
    store: sqliteStore(database),
    expiries: async () => Object.fromEntries(expiries.all().map(({ kind, at }) => [kind, at])),
    close: () => {
      database.close()
      discard()
    },
  }
}

async function startDynamo() {
  const { client, create, stop } = await startTables()
  const db = documents(client)
  const open = async (): Promise<OpenStore> => {
    const TableName = await create()
    return {
      store: dynamoStore(TableName, db),
      expiries: async () => {
        const { Items = [] } = await db.send(new ScanCommand({ TableName }))
        return Object.fromEntries(Items.map(({ kind, expiresAtSeconds }) => [kind, expiresAtSeconds]))
      },
      close: () => {},
    }
  }
  return { open, stop }
}

/** A record without what a home writes beside it. A run has an id, a kind and dates of its own. */
export function plain(item: unknown): unknown {
  const { writeId, ...run } = item as Record<string, unknown> // a record
  if (run.kind === 'run') return run
  const { id, kind, createdAt, expiresAtSeconds, ...record } = run
  return record
}
