import { jsonOf } from '../../basics/json-of.ts'
import { Unauthentic, type UnauthenticStore } from '../../deliveries/unauthentic.ts'
import type { Page } from '../../runs/ports.ts'
import type { Database } from './database.ts'
import { type ListedRow, listRecords, PAGED } from './list.ts'

/** Counts of deliveries that were not authentic, on SQLite. */
export interface SqliteUnauthentic extends UnauthenticStore {
  /** Newest day first. */
  list(page: Page & { source?: string | undefined }): Promise<{ unauthentic: Unauthentic[]; cursor?: string }>
}

export function sqliteUnauthentic(database: Database): SqliteUnauthentic {
  const { prepare } = database
  const get = prepare<{ record: string }>('read count', 'SELECT record FROM unauthentic WHERE id = :id')
  const create = prepare(
    'count what is not authentic',
    'INSERT INTO unauthentic (id, record) VALUES (:id, :record) ON CONFLICT (id) DO NOTHING',
  )
  const save = prepare(
    'count what is not authentic',
    'UPDATE unauthentic SET record = :record WHERE id = :id AND version = :before',
  )
  const listed = prepare<ListedRow>(
    'list counts',
    `SELECT id, created_at AS createdAt, record FROM unauthentic WHERE (:source IS NULL OR source = :source) AND ${PAGED}`,
  )
  return {
    get: async (id) => Unauthentic.safeParse(jsonOf(get.get({ id })?.record ?? '')).data,
    save: async (item) => {
      const values = { id: item.id, record: JSON.stringify(item) }
      const saved = item.version === 1 ? create.write(values) : save.write({ ...values, before: item.version - 1 })
      return (await saved) === 1
    },
    list: async ({ source, ...page }) => {
      const query = { kind: 'unauthentic', ...page, filter: { source: source ?? null } }
      const { items, ...more } = listRecords(listed, query, (record) => Unauthentic.safeParse(record).data)
      return { unauthentic: items, ...more }
    },
  }
}
