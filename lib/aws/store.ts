import { randomUUID } from 'node:crypto'
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import * as z from 'zod'
import { DeadLetter } from '../runs/dead-letter.ts'
import { Delivery, namesRuns } from '../runs/delivery.ts'
import { LeaseRecord } from '../runs/lease/lease-record.ts'
import type { Lease, ListFilter, Store } from '../runs/ports.ts'
import { deadLetterExpiresAtSeconds, leaseExpiresAtSeconds, sweepExpiresAtSeconds } from '../runs/retention.ts'
import { Run } from '../runs/run.ts'
import { CLIENT_TIMEOUTS } from './client-timeouts.ts'
import { type Condition, listItems } from './list.ts'
import { deliveryOfThisRelease, ofThisRelease } from './release-04.ts'

/** Of release 0.2.0. */
const OldLease = z
  .object({
    resource: z.string(),
    runId: z.string(),
    operation: z.string(),
    acquiredAt: z.string(),
    expiresAt: z.string(),
  })
  .transform(({ resource, runId, operation, acquiredAt: since, expiresAt: until }) => ({
    ...{ resource, holder: { runId, operation, since }, until, waiting: [], version: 0 },
  }))

/** The id of what is known of the last sweep. */
const SWEEP = 'sweep'
const Sweep = z.object({ at: z.string().optional() })

const LeaseItem = z.union([LeaseRecord, OldLease])

/** Records as plain objects; what is undefined is left out. */
export function documents(client = new DynamoDBClient(CLIENT_TIMEOUTS)): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
}

/** The table of runs, leases and dead letters. Single items, conditional writes, strongly consistent reads by id; nothing else. */
export function dynamoStore(table: string, db: Pick<DynamoDBDocumentClient, 'send'> = documents()): Store {
  /**
   * @returns whether this very write is in the table. The SDK sends a write again whose answer was lost; the repeat then
   *   fails on its own first try, which the id of the write tells apart from another writer's.
   */
  const put = async (
    item: Record<string, unknown> & { id: string },
    condition: string,
    values: Record<string, unknown> = {},
  ): Promise<boolean> => {
    const writeId = randomUUID()
    try {
      const bound = Object.keys(values).length > 0 ? { ExpressionAttributeValues: values } : {}
      const Item = { ...item, writeId }
      await db.send(new PutCommand({ TableName: table, Item, ConditionExpression: condition, ...bound }))
      return true
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error
      return (await read(item.id))?.writeId === writeId
    }
  }

  const read = async (id: string): Promise<Record<string, unknown> | undefined> =>
    (await db.send(new GetCommand({ TableName: table, Key: { id }, ConsistentRead: true }))).Item

  const get = async (id: string): Promise<Run | undefined> => {
    const item = await read(id)
    return item && Run.parse(ofThisRelease(item))
  }

  const getDeadLetter = async (messageId: string): Promise<DeadLetter | undefined> => {
    const item = await read(letterId(messageId))
    return item && DeadLetter.parse(item)
  }

  return {
    get,
    create: async (run) => ((await put(run, 'attribute_not_exists(id)')) ? undefined : await get(run.id)),
    save: (run) => put(run, 'version = :before', { ':before': run.version - 1 }),
    due: async ({ now, limit, cursor }) => {
      const query = {
        TableName: table,
        IndexName: 'due',
        KeyConditionExpression: 'due = :due AND dueAt <= :now',
        ExpressionAttributeValues: { ':due': 'due', ':now': now },
        Limit: limit,
        ...(cursor ? { ExclusiveStartKey: JSON.parse(cursor) } : {}),
      }
      const { Items = [], LastEvaluatedKey } = await db.send(new QueryCommand(query))
      const more = LastEvaluatedKey ? { cursor: JSON.stringify(LastEvaluatedKey) } : {}
      return { ids: Items.map((item) => String(item.id)), ...more }
    },
    lastSweep: async () => Sweep.parse((await read(SWEEP)) ?? {}).at,
    noteSweep: async (at) => {
      const expiresAtSeconds = sweepExpiresAtSeconds(at)
      await db.send(new PutCommand({ TableName: table, Item: { id: SWEEP, kind: 'sweep', at, expiresAtSeconds } }))
    },
    list: async ({ limit, cursor, since, until, ...filter }) => {
      const query = { kind: 'run', limit, cursor, since, until, where: conditionsOf(filter) }
      const { items, ...more } = await listItems(db, table, query, (item) => Run.safeParse(ofThisRelease(item)).data)
      return { runs: items, ...more }
    },
    listDeadLetters: async (page) => {
      const query = { kind: 'letter', ...page }
      const { items, ...more } = await listItems(db, table, query, (item) => DeadLetter.safeParse(item).data)
      return { deadLetters: items, ...more }
    },
    getLease: async (resource) => {
      const item = await read(leaseId(resource))
      return item && LeaseItem.parse(item)
    },
    saveLease: (lease) =>
      lease.version === 1
        ? put(leaseItem(lease), 'attribute_not_exists(version)')
        : put(leaseItem(lease), 'version = :before', { ':before': lease.version - 1 }),
    getDeadLetter,
    createDeadLetter: async (deadLetter) =>
      (await put(letterItem(deadLetter), 'attribute_not_exists(id)'))
        ? undefined
        : await getDeadLetter(deadLetter.messageId),
    saveDeadLetter: (deadLetter) => put(letterItem(deadLetter), 'attribute_exists(id)'),
    keepDelivery: async (received) => {
      if (!namesRuns(received)) return void (await put(received, 'attribute_not_exists(hasRuns)'))
      await db.send(new PutCommand({ TableName: table, Item: { ...received, hasRuns: true } }))
    },
    listDeliveries: async ({ source, ...page }) => {
      const where = source === undefined ? [] : [{ paths: ['source'], anyOf: [source] }]
      const query = { kind: 'delivery', where, ...page }
      const { items, ...more } = await listItems(
        db,
        table,
        query,
        (item) => Delivery.safeParse(deliveryOfThisRelease(item)).data,
      )
      return { deliveries: items, ...more }
    },
    getDelivery: async (id) => {
      const item = await read(id)
      return item && Delivery.parse(deliveryOfThisRelease(item))
    },
  }
}

/** Where in a run it is written what a filter asks for. */
const PATHS = {
  state: ['state'],
  operation: ['operation'],
  source: ['source.kind'],
  resource: ['resource'],
  batchId: ['batchId'],
} as const

type Filter = Pick<ListFilter, keyof typeof PATHS>

function conditionsOf(filter: Filter): Condition[] {
  const wanted = Object.entries(filter)
  return wanted.flatMap(
    ([name, value]) =>
      value === undefined || value.length === 0 ? [] : [{ paths: PATHS[name as keyof Filter], anyOf: [value].flat() }], // keys of the filter
  )
}

function leaseId(resource: string): string {
  return `lease:${resource}`
}

function leaseItem(lease: Lease): Record<string, unknown> & { id: string } {
  const expiresAtSeconds = leaseExpiresAtSeconds(lease)
  return { ...lease, id: leaseId(lease.resource), kind: 'lease', expiresAtSeconds }
}

function letterId(messageId: string): string {
  return `letter:${messageId}`
}

function letterItem(deadLetter: DeadLetter): Record<string, unknown> & { id: string } {
  const expiresAtSeconds = deadLetterExpiresAtSeconds(deadLetter)
  // By `createdAt` it stands in the index of what is recent.
  return {
    ...deadLetter,
    id: letterId(deadLetter.messageId),
    kind: 'letter',
    createdAt: deadLetter.at,
    expiresAtSeconds,
  }
}
