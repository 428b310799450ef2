import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { Unauthentic, type UnauthenticStore } from '../deliveries/unauthentic.ts'
import type { Page } from '../runs/ports.ts'
import { listItems } from './list.ts'
import { documents } from './store.ts'

/** The counts of what was not authentic, in the table of runs. */
export interface UnauthenticTable extends UnauthenticStore {
  /** Newest day first. */
  list(page: Page & { source?: string | undefined }): Promise<{ unauthentic: Unauthentic[]; cursor?: string }>
}

export function dynamoUnauthentic(
  table: string,
  db: Pick<DynamoDBDocumentClient, 'send'> = documents(),
): UnauthenticTable {
  return {
    get: async (id) => {
      const { Item } = await db.send(new GetCommand({ TableName: table, Key: { id }, ConsistentRead: true }))
      return Item && Unauthentic.safeParse(Item).data
    },
    save: async (item) => {
      const isFirst = item.version === 1
      const condition = isFirst
        ? { ConditionExpression: 'attribute_not_exists(id)' }
        : { ConditionExpression: 'version = :before', ExpressionAttributeValues: { ':before': item.version - 1 } }
      try {
        await db.send(new PutCommand({ TableName: table, Item: item, ...condition }))
        return true
      } catch (error) {
        // Counted twice at worst, where only the answer to the write was lost.
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },
    list: async ({ source, ...page }) => {
      const where = source === undefined ? [] : [{ paths: ['source'], anyOf: [source] }]
      const query = { kind: 'unauthentic', where, ...page }
      const { items, ...more } = await listItems(db, table, query, (item) => Unauthentic.safeParse(item).data)
      return { unauthentic: items, ...more }
    },
  }
}
