import { jsonOf } from '../../basics/json-of.ts'
import { Document } from '../../runs/document.ts'
import type { Store } from '../../runs/ports.ts'
import type { Database } from './database.ts'
import { type ListedRow, listRecords, PAGED } from './list.ts'

export function sqliteDocuments({
  prepare,
}: Pick<Database, 'prepare'>): Pick<Store, 'getDocument' | 'saveDocument' | 'listDocuments' | 'dueDocuments'> {
  const get = prepare<{ record: string }>('read document', 'SELECT record FROM documents WHERE id = :id')
  const create = prepare(
    'create document',
    'INSERT INTO documents (id, record) VALUES (:id, :record) ON CONFLICT (id) DO NOTHING',
  )
  const save = prepare('save document', 'UPDATE documents SET record = :record WHERE id = :id AND version = :before')
  const list = prepare<ListedRow>(
    'list documents',
    `SELECT id, created_at AS createdAt, record FROM documents
     WHERE kind = :kind AND listed_as IN (SELECT value FROM json_each(:listedAs)) AND ${PAGED}`,
  )
  const due = prepare<{ id: string; dueAt: string }>(
    'read due documents',
    `SELECT id, due_at AS dueAt FROM documents WHERE due_at <= :now AND (due_at, id) > (:dueAt, :id)
     ORDER BY due_at, id LIMIT :limit`,
  )
  return {
    getDocument: async (id) => {
      const row = get.get({ id })
      return row && Document.parse(jsonOf(row.record))
    },
    saveDocument: async (document) => {
      const { id, version } = document
      const record = JSON.stringify(document)
      const saved = version === 1 ? create.write({ id, record }) : save.write({ id, record, before: version - 1 })
      return (await saved) === 1
    },
    listDocuments: async ({ kind, listedAs, ...page }) => {
      const query = { kind, ...page, filter: { kind, listedAs: JSON.stringify(listedAs) } }
      const { items, ...more } = listRecords(list, query, (record) => Document.safeParse(record).data)
      return { documents: items, ...more }
    },
    dueDocuments: async ({ now, limit, cursor }) => {
      const [dueAt, id] = cursor ? JSON.parse(cursor) : ['', '']
      const rows = due.all({ now, dueAt, id, limit: limit + 1 })
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      return {
        ids: page.map((row) => row.id),
        ...(last && rows.length > limit ? { cursor: JSON.stringify([last.dueAt, last.id]) } : {}),
      }
    },
  }
}
