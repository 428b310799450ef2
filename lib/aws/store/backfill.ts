import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb'
import { inParallel, throwFailures } from '../../basics/parallel.ts'
import { Run } from '../../runs/run.ts'
import { LAYOUTS } from './layout.ts'
import { recordOf, storedForm } from './run-item.ts'
import { shardOf } from './shards.ts'
import type { DynamoTable, Item } from './table.ts'

/** The kinds of records that lists have. */
const LISTED = ['run', 'letter', 'delivery', 'unauthentic']

/** Writes at once. */
const AT_ONCE = 25

export interface Backfilled {
  written: number
  /** Ids of records that cannot be read: no list has them before either. */
  unreadable: string[]
}

/**
 * Gives the records of release 0.4 the attributes of the new indexes. It may run at any time, while others write, and again: what
 * is done is not done twice.
 */
export async function backfill({ name: TableName, db }: Pick<DynamoTable, 'name' | 'db'>): Promise<Backfilled> {
  const done: Backfilled = { written: 0, unreadable: [] }
  const put = async (item: Record<string, unknown>): Promise<void> => {
    const next = withKeys(item)
    if (!next) return void done.unreadable.push(String(item.id))
    try {
      await db.send(new PutCommand({ TableName, Item: next, ...unchanged(item) }))
      done.written++
    } catch (error) {
      // Whoever was faster wrote the attributes, too.
      if (!(error instanceof Error && error.name === 'ConditionalCheckFailedException')) throw error
    }
  }
  for (let start: Record<string, unknown> | undefined, isFirst = true; isFirst || start; isFirst = false) {
    const page = await db.send(
      new ScanCommand({ TableName, ...WITHOUT_KEYS, ...(start && { ExclusiveStartKey: start }) }),
    )
    throwFailures((await inParallel(page.Items ?? [], put, { atOnce: AT_ONCE })).failures)
    start = page.LastEvaluatedKey
  }
  return done
}

const WITHOUT_KEYS = {
  FilterExpression: `attribute_not_exists(listShard) AND #kind IN (${LISTED.map((_, at) => `:k${at}`).join(', ')})`,
  ExpressionAttributeNames: { '#kind': 'kind' },
  ExpressionAttributeValues: Object.fromEntries(LISTED.map((kind, at) => [`:k${at}`, kind])),
}

/** Nobody has written the record since it was read. A record without a version is written whole, and gets the attributes. */
function unchanged({ version }: Record<string, unknown>) {
  const isNew = 'attribute_exists(id) AND attribute_not_exists(listShard)'
  if (version === undefined) return { ConditionExpression: isNew }
  return {
    ConditionExpression: `${isNew} AND version = :version`,
    ExpressionAttributeValues: { ':version': version },
  }
}

function withKeys(item: Record<string, unknown>): Item | undefined {
  const { kind, source } = item
  const id = String(item.id)
  if (kind !== 'run') {
    const name = typeof source === 'string' ? { sourceName: source } : {}
    return { ...item, id, listShard: shardOf(String(kind), id), ...name }
  }
  const run = Run.safeParse(recordOf(item)).data
  return run && storedForm(run, LAYOUTS[2]).item
}
