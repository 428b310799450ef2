import { decodeCursor, encodeCursor, type ListScope } from '../runs/cursor.ts'
import type { Page } from '../runs/ports.ts'
import { type Filter, mergePartitions, type Partition } from './store/merge.ts'
import { shardsOf } from './store/shards.ts'
import { type DynamoTable, itemsOf } from './store/table.ts'

/** Selects the items in which one of these holds one of these values. */
export interface Condition {
  /** Dotted paths in a record of release 0.4. */
  paths: readonly string[]
  /** The attribute in an entry of the index `listed`. */
  attribute: string
  /** At least one; DynamoDB allows a hundred. */
  anyOf: readonly string[]
  /** What an entry has instead; the record itself decides then. */
  entryAnyOf?: readonly string[]
}

/** A query of the indexes of lists. */
interface ListQuery extends Page, ListScope {
  /** All conditions must hold. */
  where?: readonly Condition[]
}

type FoundItem = Record<string, unknown>

interface Reading<Item> {
  /** Reads records by their ids; unless given, as they are stored. */
  read?(ids: readonly string[]): Promise<Map<string, FoundItem>>
  /** Returns undefined for a record it cannot read: one of another release must not hide all others. */
  parse(record: FoundItem): Item | undefined
  /** Whether the item is as the filter wants it, for the index may lag behind the table. */
  fits?(item: Item): boolean
}

/** A filtered query may read many entries to find few: after so many rounds, the caller goes on with the cursor. */
const MAX_ROUNDS = 10

/** Entries read at once where most of them may not match the filter. */
const FILTER_PAGE = 200

/** Of a page, a shard has a sixteenth, or a little more. */
const PAGES_SHARED_BY = 8
const LEAST_PAGE = 10

/**
 * Items of one kind, newest first. A short or empty page may have a cursor, too.
 * @throws {RequestError} where the cursor does not belong to this query
 */
export async function listItems<Item>(
  table: DynamoTable,
  query: ListQuery,
  { read = itemsOf(table).readAll, parse, fits = () => true }: Reading<Item>,
): Promise<{ items: Item[]; cursor?: string }> {
  const { kind, limit, cursor } = query
  // The cursors of release 0.4 stay valid.
  const scope = { ...query, where: (query.where ?? []).map(({ paths, anyOf }) => ({ paths, anyOf })) }
  const start = cursor ? decodeCursor(cursor, scope) : undefined
  const merged = mergePartitions(table, {
    ...{ partitions: partitionsOf(table, query), range: 'createdAt', order: 'descending', ...boundsOf(query) },
    ...{ after: start && { at: start.createdAt, id: start.id }, pageSize: pageSizeOf(table, query) },
  })
  const items: Item[] = []
  for (let round = 1; ; round++) {
    await merged.read(limit - items.length)
    const entries = merged.take(limit - items.length)
    const records = await read(entries.map(({ id }) => id))
    for (const { id } of entries) {
      const record = records.get(id)
      const item = record && parse(record)
      if (item !== undefined && fits(item)) items.push(item)
    }
    const last = entries.at(-1)
    if (last && items.length === limit) {
      return { items, cursor: encodeCursor({ id: last.id, kind, createdAt: last.at }, scope) }
    }
    if (merged.isDone()) return { items }
    const createdAt = merged.reached()
    // Records of one instant may fill many pages: a cursor must get on.
    if (round >= MAX_ROUNDS && createdAt !== start?.createdAt) {
      return { items, cursor: encodeCursor({ id: AFTER_ALL_IDS, kind, createdAt }, scope) }
    }
  }
}

/** Until `recent` is dropped, it has records that are not in `listed` yet. */
function partitionsOf({ layout: { lists } }: DynamoTable, { kind, where = [] }: ListQuery): Partition[] {
  const of = (clauseOf: (condition: Condition) => Clause): Pick<Partition, 'filter'> =>
    where.length > 0 ? { filter: filterOf(where.map(clauseOf)) } : {}
  const whole = of(({ paths, attribute, anyOf }) => ({ names: [...new Set([...paths, attribute])], anyOf }))
  const entries = of(({ attribute, anyOf, entryAnyOf = anyOf }) => ({ names: [attribute], anyOf: entryAnyOf }))
  const hasNew = lists.includes('listed')
  const recent = { index: 'recent', hash: 'kind', value: kind, mayBeGone: hasNew, ...whole }
  const listed = shardsOf(kind).map((value) => ({ index: 'listed', hash: 'listShard', value, ...entries }))
  return [...(lists.includes('recent') ? [recent] : []), ...(hasNew ? listed : [])]
}

function pageSizeOf({ layout: { lists } }: DynamoTable, { limit, where = [] }: ListQuery): number {
  if (where.length > 0) return FILTER_PAGE
  return lists.includes('recent') ? limit : Math.max(LEAST_PAGE, Math.ceil(limit / PAGES_SHARED_BY))
}

interface Clause {
  names: readonly string[]
  anyOf: readonly string[]
}

function filterOf(conditions: readonly Clause[]): Filter {
  const clauses = conditions.map(({ names, anyOf }, index) => {
    const values = anyOf.map((_, at) => `:w${index}_${at}`).join(', ')
    return `(${names.map((name) => `${alias(name)} IN (${values})`).join(' OR ')})`
  })
  const names = conditions.flatMap((one) => one.names.flatMap((name) => name.split('.')))
  const values = conditions.flatMap(({ anyOf }, index) => anyOf.map((value, at) => [`:w${index}_${at}`, value]))
  return {
    expression: clauses.join(' AND '),
    names: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    values: Object.fromEntries(values),
  }
}

/** As texts, smaller and larger than every instant. */
const [BEFORE_ALL, AFTER_ALL] = ['0', ':']

/** As a text, larger than every id: nothing of its instant was listed. */
const AFTER_ALL_IDS = '~'

function boundsOf({ since, until }: ListScope): { from: string; until: string } {
  return { from: since ?? BEFORE_ALL, until: until ? justBefore(until) : AFTER_ALL }
}

/** Bounds include both ends; stored instants are whole milliseconds. */
function justBefore(instant: string): string {
  return new Date(Date.parse(instant) - 1).toISOString()
}

function alias(path: string): string {
  return path.replaceAll(/[^.]+/g, '#$&')
}
