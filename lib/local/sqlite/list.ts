import { jsonOf } from '../../basics/json-of.ts'
import { decodeCursor, encodeCursor, type ListScope } from '../../runs/cursor.ts'
import type { Page } from '../../runs/ports.ts'
import type { Statement, Values } from './database.ts'

/** A row of a list, with the columns of its order. */
export interface ListedRow {
  id: string
  createdAt: string
  record: string
}

/** A page of a list. `filter` holds the statement's parameters beside those of `PAGED`. */
export interface SqliteListQuery extends Page, Omit<ListScope, 'where'> {
  filter?: Values
}

/** The end of each listing statement: newest first, from the end of the page before. */
export const PAGED = `
  (created_at, id) < (:createdAt, :id) AND created_at >= :since AND created_at < :until
  ORDER BY created_at DESC, id DESC LIMIT :limit`

/** As text, every instant is between them. */
const [BEFORE_ALL, AFTER_ALL] = ['0', ':']

/**
 * Records of one kind, newest first.
 * @param read gives undefined for a record of another release, which is left out
 * @throws {RequestError} for a cursor of another query
 */
export function listRecords<Item>(
  statement: Statement<ListedRow>,
  { kind, limit, cursor, since, until, filter = {} }: SqliteListQuery,
  read: (record: unknown) => Item | undefined,
): { items: Item[]; cursor?: string } {
  const scope = { kind, since, until, where: Object.entries(filter) }
  const bounds = { ...filter, since: since ?? BEFORE_ALL, until: until ?? AFTER_ALL }
  const items: Item[] = []
  let last = cursor ? decodeCursor(cursor, scope) : { id: '', createdAt: AFTER_ALL }
  for (;;) {
    // One row more than wanted shows whether a further page exists.
    const wanted = limit - items.length
    const rows = statement.all({ ...bounds, id: last.id, createdAt: last.createdAt, limit: wanted + 1 })
    const page = rows.slice(0, wanted)
    items.push(...page.map(({ record }) => read(jsonOf(record))).filter((item) => item !== undefined))
    const end = page.at(-1)
    if (!end || rows.length <= wanted) return { items }
    if (items.length === limit) return { items, cursor: encodeCursor({ ...end, kind }, scope) }
    last = end
  }
}
