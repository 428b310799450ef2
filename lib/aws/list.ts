import { QueryCommand } from '@aws-sdk/lib-dynamodb'
import { decodeCursor, encodeCursor, forgedCursor, type ListScope } from '../runs/cursor.ts'
import type { Page } from '../runs/ports.ts'
import type { DynamoTable } from './store/table.ts'

/** Selects the items in which one of these dotted paths holds one of these values. */
export interface Condition {
  paths: readonly string[]
  /** At least one; DynamoDB allows a hundred. */
  anyOf: readonly string[]
}

/** A query of the index `recent`. */
interface ListQuery extends Page, ListScope {
  /** All conditions must hold. */
  where?: readonly Condition[]
}

type FoundItem = Record<string, unknown>

/** A filtered query may read many items to find few: after so many pages, the caller goes on with the cursor. */
const MAX_PAGES = 10

/** Items read at once where most of them may not match the filter. */
const FILTER_PAGE = 200

/**
 * Items of one kind, newest first. A short or empty page may have a cursor, too.
 * @param parse returns undefined for an item it cannot read: one record of another release must not hide all others
 * @throws {RequestError} where the cursor does not belong to this query
 */
export async function listItems<Item>(
  { name, db }: DynamoTable,
  query: ListQuery,
  parse: (item: FoundItem) => Item | undefined,
): Promise<{ items: Item[]; cursor?: string }> {
  const items: Item[] = []
  const input = { TableName: name, IndexName: 'recent', ScanIndexForward: false, ...expressionsOf(query) }
  const Limit = query.where?.length ? FILTER_PAGE : query.limit
  let from: FoundItem | undefined = query.cursor ? decodeCursor(query.cursor, query) : undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const at = from ? { ExclusiveStartKey: from } : {}
    const answer = db.send(new QueryCommand({ ...input, Limit, ...at }))
    const { Items = [], LastEvaluatedKey } = await answer.catch((error: unknown) => {
      throw page === 0 && from && isBadStart(error) ? forgedCursor() : error
    })
    for (const found of Items) {
      const item = parse(found)
      if (item === undefined) continue
      items.push(item)
      if (items.length === query.limit) return { items, cursor: encodeCursor(found, query) }
    }
    from = LastEvaluatedKey
    if (!from) return { items }
  }
  return { items, ...(from ? { cursor: encodeCursor(from, query) } : {}) }
}

/** Every name has an alias, because DynamoDB reserves hundreds of words. */
function expressionsOf({ kind, since, until, where = [] }: ListQuery) {
  const isDated = since !== undefined || until !== undefined
  const clauses = where.map(({ paths, anyOf }, index) => {
    const values = anyOf.map((_, at) => `:w${index}_${at}`).join(', ')
    return `(${paths.map((path) => `${alias(path)} IN (${values})`).join(' OR ')})`
  })
  const paths = ['kind', ...(isDated ? ['createdAt'] : []), ...where.flatMap((condition) => condition.paths)]
  const names = paths.flatMap((path) => path.split('.'))
  const wanted = where.flatMap(({ anyOf }, index) => anyOf.map((value, at) => [`:w${index}_${at}`, value]))
  return {
    KeyConditionExpression: `#kind = :kind${isDated ? ' AND #createdAt BETWEEN :since AND :last' : ''}`,
    ...(clauses.length > 0 ? { FilterExpression: clauses.join(' AND ') } : {}),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ':kind': kind,
      ...(isDated ? { ':since': since ?? BEFORE_ALL, ':last': until ? justBefore(until) : AFTER_ALL } : {}),
      ...Object.fromEntries(wanted),
    },
  }
}

/** As texts, smaller and larger than every instant. */
const [BEFORE_ALL, AFTER_ALL] = ['0', ':']

/** BETWEEN includes both ends; stored instants are whole milliseconds. */
function justBefore(instant: string): string {
  return new Date(Date.parse(instant) - 1).toISOString()
}

function alias(path: string): string {
  return path.replaceAll(/[^.]+/g, '#$&')
}

/** DynamoDB's error for an invalid start, which only a forged cursor can name. */
function isBadStart(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationException'
}
