import { randomUUID } from 'node:crypto'
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'

export interface DynamoTable {
  name: string
  db: Pick<DynamoDBDocumentClient, 'send'>
}

export type Item = Record<string, unknown> & { id: string }

/** Strongly consistent reads, and conditional writes, of single items. */
export interface Items {
  read(id: string): Promise<Record<string, unknown> | undefined>
  /**
   * Writes an item if the condition holds.
   * @returns whether this write, and no other writer's, is in the table
   */
  put(item: Item, condition: string, values?: Record<string, unknown>): Promise<boolean>
  replace(item: Item): Promise<void>
}

export function itemsOf({ name: TableName, db }: DynamoTable): Items {
  const read: Items['read'] = async (id) =>
    (await db.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true }))).Item

  return {
    read,
    put: async (item, condition, values = {}) => {
      // The SDK repeats a write whose answer was lost. The repeat fails on the first write, which this id recognises.
      const writeId = randomUUID()
      const bound = Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}
      try {
        await db.send(
          new PutCommand({ TableName, Item: { ...item, writeId }, ConditionExpression: condition, ...bound }),
        )
        return true
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error
        return (await read(item.id))?.writeId === writeId
      }
    },
    replace: async (item) => void (await db.send(new PutCommand({ TableName, Item: item }))),
  }
}
