import { randomUUID } from 'node:crypto'
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { BatchGetCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { partsOf } from '../../basics/parallel.ts'
import type { Layout } from './layout.ts'

export interface DynamoTable {
  name: string
  db: Pick<DynamoDBDocumentClient, 'send'>
  layout: Layout
}

export type Item = Record<string, unknown> & { id: string }

/** Strongly consistent reads of items, and conditional writes of single ones. */
export interface Items {
  read(id: string): Promise<Record<string, unknown> | undefined>
  /** Items by their ids. One that has expired is not there. */
  readAll(ids: readonly string[]): Promise<Map<string, Record<string, unknown>>>
  /**
   * Writes an item if the condition holds.
   * @returns whether this write, and no other writer's, is in the table
   */
  put(item: Item, condition: string, values?: Record<string, unknown>): Promise<boolean>
  replace(item: Item): Promise<void>
}

/** DynamoDB reads so many items at once. */
const BATCH = 100

/** A batch that is larger than 16 MB, or throttled, is answered in part. The waits add up to 3 s. */
const BATCH_TRIES = 6
const FIRST_WAIT_MS = 100

export function itemsOf({ name: TableName, db }: Pick<DynamoTable, 'name' | 'db'>): Items {
  const read: Items['read'] = async (id) =>
    (await db.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true }))).Item

  const readBatch = async (ids: readonly string[]): Promise<Record<string, unknown>[]> => {
    const found: Record<string, unknown>[] = []
    let left: Record<string, unknown>[] = ids.map((id) => ({ id }))
    for (let attempt = 0; left.length > 0; attempt++) {
      if (attempt === BATCH_TRIES) throw new Error(`read ${TableName}: ${left.length} of ${ids.length} not answered`)
      if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** (attempt - 1)))
      const RequestItems = { [TableName]: { Keys: left, ConsistentRead: true } }
      const { Responses, UnprocessedKeys } = await db.send(new BatchGetCommand({ RequestItems }))
      found.push(...(Responses?.[TableName] ?? []))
      left = UnprocessedKeys?.[TableName]?.Keys ?? []
    }
    return found
  }

  return {
    read,
    readAll: async (ids) => {
      const items = new Map<string, Record<string, unknown>>()
      for (const part of partsOf(ids, BATCH)) {
        for (const item of await readBatch(part)) items.set(String(item.id), item)
      }
      return items
    },
    put: async (item, condition, values = {}) => {
      // The SDK repeats a write whose answer was lost. The repeat fails on the first write, which this id recognises.
      // Of the writers of one item, no two draw the same 48 bits.
      const writeId = randomUUID().slice(-12)
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
