import { Document } from '../../runs/document.ts'
import type { Store } from '../../runs/ports.ts'
import { listItems } from '../list.ts'
import { DUE, dueDocuments } from './due.ts'
import { shardOf, withoutKeys } from './shards.ts'
import { type DynamoTable, type Item, itemsOf } from './table.ts'

/** Documents in DynamoDB: one item each. Only those that are due, or listed, have entries in the indexes. */
export function documentStore(
  table: DynamoTable,
): Pick<Store, 'getDocument' | 'saveDocument' | 'listDocuments' | 'dueDocuments'> {
  const { read, put } = itemsOf(table)
  return {
    getDocument: async (id) => {
      const item = await read(id)
      return item && documentIn(item)
    },
    saveDocument: (document) =>
      document.version === 1
        ? put(itemOf(document), 'attribute_not_exists(id)')
        : put(itemOf(document), 'version = :before', { ':before': document.version - 1 }),
    listDocuments: async ({ listedAs, ...page }) => {
      const query = { ...page, where: [{ paths: ['listedAs'], attribute: 'listed', anyOf: listedAs }] }
      const { items, ...more } = await listItems(table, query, {
        parse: (item) => Document.safeParse(withoutKeys(item)).data,
        fits: (document) => listedAs.includes(document.listedAs ?? ''),
      })
      return { documents: items, ...more }
    },
    dueDocuments: (page) => dueDocuments(table, page),
  }
}

function documentIn(item: Record<string, unknown>): Document {
  return Document.parse(withoutKeys(item))
}

function itemOf(document: Document): Item {
  const { id, kind, listedAs, dueAt } = document
  return {
    ...document,
    ...(listedAs === undefined ? {} : { listShard: shardOf(kind, id), listed: listedAs }),
    ...(dueAt === undefined ? {} : { dueShard: shardOf(DUE.documents, id) }),
  }
}
