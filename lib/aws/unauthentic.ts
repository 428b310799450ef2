import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { Unauthentic, type UnauthenticStore } from '../deliveries/unauthentic.ts'
import type { Page } from '../runs/ports.ts'
import type { RunsConfig } from './config.ts'
import { listItems } from './list.ts'
import { LAYOUTS } from './store/layout.ts'
import { shardOf, withoutKeys } from './store/shards.ts'
import { documents } from './store.ts'

const KIND = 'unauthentic'

/** The daily counts of unauthentic deliveries, in the table of runs. */
interface UnauthenticTable extends UnauthenticStore {
  /** Newest day first. */
  list(page: Page & { source?: string | undefined }): Promise<{ unauthentic: Unauthentic[]; cursor?: string }>
}

/** The counts in DynamoDB. Writes are conditional on the version. */
export function dynamoUnauthentic(
  { RUNS_TABLE: name, TABLE_STEP }: Pick<RunsConfig, 'RUNS_TABLE' | 'TABLE_STEP'>,
  db: Pick<DynamoDBDocumentClient, 'send'> = documents(),
): UnauthenticTable {
  const table = { name, db, layout: LAYOUTS[TABLE_STEP] }
  return {
    get: async (id) => {
      const { Item } = await db.send(new GetCommand({ TableName: name, Key: { id }, ConsistentRead: true }))
      return Item && Unauthentic.safeParse(withoutKeys(Item)).data
    },
    save: async (item) => {
      const isFirst = item.version === 1
      const condition = isFirst
        ? { ConditionExpression: 'attribute_not_exists(id)' }
        : { ConditionExpression: 'version = :before', ExpressionAttributeValues: { ':before': item.version - 1 } }
      try {
        await db.send(new PutCommand({ TableName: name, Item: itemOf(item), ...condition }))
        return true
      } catch (error) {
        // A write whose answer was lost is counted twice at worst.
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },
    list: async ({ source, ...page }) => {
      const where = source === undefined ? [] : [{ paths: ['source'], attribute: 'sourceName', anyOf: [source] }]
      const query = { kind: KIND, where, ...page }
      const { items, ...more } = await listItems(table, query, {
        parse: (item) => Unauthentic.safeParse(withoutKeys(item)).data,
      })
      return { unauthentic: items, ...more }
    },
  }
}

function itemOf(counted: Unauthentic): object {
  return { ...counted, listShard: shardOf(KIND, counted.id), sourceName: counted.source }
}
