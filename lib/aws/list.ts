import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { decodeCursor, encodeCursor, forgedCursor, type ListScope } from '../runs/cursor.ts'
import type { Page } from '../runs/ports.ts'

/** Lets an item through in which one of these dotted paths holds one of these values. */
export interface Condition {
  paths: readonly string[]
  /** One at least; DynamoDB takes a hundred. */
  anyOf: readonly string[]
}

/** What the index `recent` is asked for. */
export interface ListQuery extends Page, ListScope {
  /** All must hold. */
  where?: readonly Condition[]
}

type Found = Record<string, unknown>

/** A filtered query may read many items for few; so many pages, and the caller goes on with the cursor. */
const MAX_PAGES = 10

/** Items read at once where most of them may not fit the filter. */
const FILTER_PAGE = 200

/**
 * Items of one kind, newest first. A page may be short, or empty, and have a cursor all the same.
 * @param read undefined for what it cannot read: one record of another release must not hide all others
 * @throws {RequestError} where the cursor is none of this query
 */
export async function listItems<Item>(
  db: Pick<DynamoDBDocumentClient, 'send'>,
  table: string,
  query: ListQuery,
  read: (item: Found) => Item | undefined,
): Promise<{ items: Item[]; cursor?: string }> {
  const items: Item[] = []
  const input = { TableName: table, IndexName: 'recent', ScanIndexForward: false, ...expressionsOf(query) }
  const Limit = query.where?.length ? FILTER_PAGE : query.limit
  let from: Found | undefined = query.cursor ? decodeCursor(query.cursor, query) : undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const at = from ? { ExclusiveStartKey: from } : {}
    const asked = db.send(new QueryCommand({ ...input, Limit, ...at }))
    const { Items = [], LastEvaluatedKey } = await asked.catch((error: unknown) => {
      throw page === 0 && from && isBadStart(error) ? forgedCursor() : error
    })
    for (const found of Items) {
      const item = read(found)
      if (item === undefined) continue
      items.push(item)
      if (items.length === query.limit) return { items, cursor: encodeCursor(found, query) }
    }
    from = LastEvaluatedKey
    if (!from) return { items }
  }
  return { items, ...(from ? { cursor: encodeCursor(from, query) } : {}) }
}

/** Every name by an alias: DynamoDB reserves hundreds of words. */
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

/** As text, no instant is smaller, or larger. */
const [BEFORE_ALL, AFTER_ALL] = ['0', ':']

/** BETWEEN takes its ends in; our instants are whole milliseconds. */
function justBefore(instant: string): string {
  return new Date(Date.parse(instant) - 1).toISOString()
}

function alias(path: string): string {
  return path.replaceAll(/[^.]+/g, '#$&')
}

/** What DynamoDB says of a start that is none, which only a forged cursor can name. */
function isBadStart(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationException'
}
