import { QueryCommand } from '@aws-sdk/lib-dynamodb'
import type { DynamoTable } from './table.ts'

/** A partition of an index. */
export interface Partition {
  index: string
  hash: string
  value: string
  filter?: Filter
  /** An upgrade may drop the index at any time: then it has nothing. */
  mayBeGone?: boolean
}

/** A filter of DynamoDB. Every name has an alias, because DynamoDB reserves hundreds of words. */
export interface Filter {
  expression: string
  names: Record<string, string>
  values: Record<string, unknown>
}

/** A place in the order of an index: by its sort key, then by id. */
export interface Place {
  at: string
  id: string
}

interface Search {
  partitions: readonly Partition[]
  /** The sort key of all these indexes. */
  range: string
  order: 'ascending' | 'descending'
  /** Bounds of the sort key, both included. */
  from: string
  until: string
  /** Only what comes after it. */
  after?: Place | undefined
  /** Entries that a query reads of one partition, before its filter. */
  pageSize: number
}

export interface Merged {
  /** Reads on, all partitions at once, where that is needed to know the next entries. */
  read(wanted: number): Promise<void>
  /** The next entries that are known to be the next: at most as many as wanted. */
  take(wanted: number): Place[]
  /** Everything was read and taken. */
  isDone(): boolean
  /** The sort key up to which everything was taken. */
  reached(): string | undefined
}

/** How far a partition was read. */
interface Reader {
  partition: Partition
  start?: Record<string, unknown> | undefined
  /** The sort key of the last entry that was read. Others of the same may follow. */
  reached?: string
  isDone: boolean
}

/**
 * The entries of many partitions in one order. DynamoDB does not document the order of entries of one sort key, and they may lie
 * on two pages: an entry is known to be the next once every partition was read beyond its sort key.
 */
export function mergePartitions(table: DynamoTable, search: Search): Merged {
  const sign = search.order === 'ascending' ? 1 : -1
  const order = (a: Place, b: Place): number => sign * (compare(a.at, b.at) || compare(a.id, b.id))
  // DynamoDB refuses bounds of which the first is the larger one.
  const isDone = search.from > search.until
  const readers: Reader[] = search.partitions.map((partition) => ({ partition, isDone }))
  let found: Place[] = []

  const hasPassed = ({ isDone, reached }: Reader, at: string): boolean =>
    isDone || (reached !== undefined && sign * compare(at, reached) < 0)

  return {
    read: async (wanted) => {
      const last = found[wanted - 1]
      const behind = readers.filter((reader) => !(last ? hasPassed(reader, last.at) : reader.isDone))
      const pages = await Promise.all(behind.map((reader) => readPage(table, search, reader)))
      const { after } = search
      const news = pages.flat().filter((entry) => !after || order(after, entry) < 0)
      // While two indexes have the same records, each is found twice.
      found = [...new Map([...found, ...news].map((entry) => [`${entry.at} ${entry.id}`, entry])).values()].sort(order)
    },
    take: (wanted) => {
      const unknown = found.findIndex(({ at }) => !readers.every((reader) => hasPassed(reader, at)))
      return found.splice(0, Math.min(wanted, unknown < 0 ? found.length : unknown))
    },
    isDone: () => found.length === 0 && readers.every(({ isDone }) => isDone),
    reached: () => {
      const places = readers.flatMap(({ isDone, reached = search.after?.at }) => (isDone ? [] : [reached]))
      return places.reduce((a = '', b = '') => (sign * compare(a, b) < 0 ? a : b), places[0])
    },
  }
}

async function readPage({ name, db }: DynamoTable, search: Search, reader: Reader): Promise<Place[]> {
  const { order, range, pageSize } = search
  const { partition, start } = reader
  const query = new QueryCommand({
    ...{ TableName: name, IndexName: partition.index, ScanIndexForward: order === 'ascending', Limit: pageSize },
    ...expressionsOf(search, partition),
    ...(start ? { ExclusiveStartKey: start } : {}),
  })
  const { Items = [], LastEvaluatedKey } = await db.send(query).catch((error: unknown) => {
    if (partition.mayBeGone && isGone(error)) return { Items: [], LastEvaluatedKey: undefined }
    throw error
  })
  const reached = LastEvaluatedKey?.[range]
  Object.assign(reader, { start: LastEvaluatedKey, reached, isDone: LastEvaluatedKey === undefined })
  return Items.map((item) => ({ at: String(item[range]), id: String(item.id) }))
}

function expressionsOf({ range, order, from, until, after }: Search, { hash, value, filter }: Partition) {
  const [first, last] = order === 'ascending' ? [after?.at ?? from, until] : [from, after?.at ?? until]
  return {
    KeyConditionExpression: '#hash = :hash AND #range BETWEEN :first AND :last',
    ...(filter ? { FilterExpression: filter.expression } : {}),
    ExpressionAttributeNames: { '#hash': hash, '#range': range, ...filter?.names },
    ExpressionAttributeValues: { ':hash': value, ':first': first, ':last': last, ...filter?.values },
  }
}

/** DynamoDB's errors for an index that there is not, and IAM's after the role has lost it. */
const GONE = ['ValidationException', 'ResourceNotFoundException', 'AccessDeniedException']

function isGone(error: unknown): boolean {
  return error instanceof Error && GONE.includes(error.name)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
