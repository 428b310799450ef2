import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { Unauthentic, type UnauthenticStore } from '../deliveries/unauthentic.ts'
import type { Page } from '../runs/ports.ts'
import { listItems } from './list.ts'
import { documents } from './store.ts'

/** The daily counts of unauthentic deliveries, in the table of runs. */
interface UnauthenticTable extends UnauthenticStore {
  /** Newest day first. */
  list(page: Page & { source?: string | undefined }): Promise<{ unauthentic: Unauthentic[]; cursor?: string }>
}

/** The counts in DynamoDB. Writes are conditional on the version. */
export function dynamoUnauthentic(
  name: string,
  db: Pick<DynamoDBDocumentClient, 'send'> = documents(),
): UnauthenticTable {
  return {
    get: async (id) => {
      const { Item } = await db.send(new GetCommand({ TableName: name, Key: { id }, ConsistentRead: true }))
      return Item && Unauthentic.safeParse(Item).data
    },
    save: async (item) => {
      const isFirst = item.version === 1
      const condition = isFirst
        ? { ConditionExpression: 'attribute_not_exists(id)' }
        : { ConditionExpression: 'version = :before', ExpressionAttributeValues: { ':before': item.version - 1 } }
      try {
        await db.send(new PutCommand({ TableName: name, Item: item, ...condition }))
        return true
      } catch (error) {
        // A write whose answer was lost is counted twice at worst.
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },
    list: async ({ source, ...page }) => {
      const where = source === undefined ? [] : [{ paths: ['source'], anyOf: [source] }]
      const query = { kind: 'unauthentic', where, ...page }
      const { items, ...more } = await listItems({ name, db }, query, (item) => Unauthentic.safeParse(item).data)
      return { unauthentic: items, ...more }
    },
  }
}
