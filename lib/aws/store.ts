import { randomUUID } from 'node:crypto'
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb'
import * as z from 'zod'
import { DeadLetter } from '../runs/dead-letter.ts'
import type { Lease, ListFilter, Store } from '../runs/ports.ts'
import { RequestError } from '../runs/request-error.ts'
import { Holder, Run } from '../runs/run.ts'
import { PATIENCE } from './patience.ts'

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

const NewLease = z.object({
  resource: z.string(),
  holder: Holder.optional(),
  until: z.string(),
  rest: z.object({ since: z.string(), seenAt: z.string() }).optional(),
  waiting: z.array(z.string()),
  version: z.number().int(),
})

const LeaseItem = z.union([NewLease, OldLease])

/** Records as plain objects; what is undefined is left out. */
export function documents(client = new DynamoDBClient(PATIENCE)): DynamoDBDocumentClient {
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
    return item && Run.parse(item)
  }

  const getLetter = async (messageId: string): Promise<DeadLetter | undefined> => {
    const item = await read(letterId(messageId))
    return item && DeadLetter.parse(item)
  }

  return {
    get,
    create: async (run) => ((await put(run, 'attribute_not_exists(id)')) ? undefined : await get(run.id)),
    save: (run) => put(run, 'version = :before', { ':before': run.version - 1 }),
    due: async (now, limit) => {
      const query = {
        TableName: table,
        IndexName: 'due',
        KeyConditionExpression: 'due = :due AND dueAt <= :now',
        ExpressionAttributeValues: { ':due': 'due', ':now': now },
        Limit: limit,
      }
      const { Items = [] } = await db.send(new QueryCommand(query))
      return Items.map((item) => String(item.id))
    },
    list: (filter) => list(db, table, filter),
    getLease: async (resource) => {
      const item = await read(leaseId(resource))
      return item && LeaseItem.parse(item)
    },
    saveLease: (lease) =>
      lease.version === 1
        ? put(leaseItem(lease), 'attribute_not_exists(version)')
        : put(leaseItem(lease), 'version = :before', { ':before': lease.version - 1 }),
    getLetter,
    keepLetter: async (letter) =>
      (await put(letterItem(letter), 'attribute_not_exists(id)')) ? undefined : await getLetter(letter.messageId),
    saveLetter: (letter) => put(letterItem(letter), 'attribute_exists(id)'),
  }
}

function leaseId(resource: string): string {
  return `lease:${resource}`
}

/** A lease that nobody asked for in so long is deleted by DynamoDB. */
const KEEP_LEASE_MS = 7 * 24 * 3600 * 1000

function leaseItem(lease: Lease): Record<string, unknown> & { id: string } {
  const expiresAtSeconds = Math.ceil((Date.parse(lease.until) + KEEP_LEASE_MS) / 1000)
  return { ...lease, id: leaseId(lease.resource), kind: 'lease', expiresAtSeconds }
}

function letterId(messageId: string): string {
  return `letter:${messageId}`
}

/** As long as the logs: time enough to find out what a message died of. */
const KEEP_LETTER_MS = 90 * 24 * 3600 * 1000

function letterItem(letter: DeadLetter): Record<string, unknown> & { id: string } {
  const expiresAtSeconds = Math.ceil((Date.parse(letter.at) + KEEP_LETTER_MS) / 1000)
  return { ...letter, id: letterId(letter.messageId), kind: 'letter', expiresAtSeconds }
}

/** A filtered query may read many items for few; so many pages, and the caller goes on with the cursor. */
const MAX_PAGES = 10

/** Runs read at once where most of them may not fit the filter. */
const FILTER_PAGE = 200

async function list(
  db: Pick<DynamoDBDocumentClient, 'send'>,
  table: string,
  filter: ListFilter,
): Promise<{ runs: Run[]; cursor?: string }> {
  const runs: Run[] = []
  let from: Record<string, unknown> | undefined = filter.cursor ? decodeCursor(filter.cursor) : undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const found = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'recent',
        KeyConditionExpression: 'kind = :run',
        ScanIndexForward: false,
        Limit: filter.state ? FILTER_PAGE : filter.limit,
        ...(from ? { ExclusiveStartKey: from } : {}),
        ...(filter.state
          ? { FilterExpression: '#state = :state', ExpressionAttributeNames: { '#state': 'state' } }
          : {}),
        ExpressionAttributeValues: { ':run': 'run', ...(filter.state ? { ':state': filter.state } : {}) },
      }),
    )
    for (const item of found.Items ?? []) {
      const run = Run.safeParse(item).data
      // One record of another release must not hide all others.
      if (!run) continue
      runs.push(run)
      if (runs.length === filter.limit) return { runs, cursor: encodeCursor(run) }
    }
    from = found.LastEvaluatedKey
    if (!from) return { runs }
  }
  return { runs, ...(from ? { cursor: encodeCursor(Key.parse(from)) } : {}) }
}

const Key = z.object({ id: z.string().min(1), kind: z.literal('run'), createdAt: z.string().min(1) })

function encodeCursor({ id, kind, createdAt }: z.infer<typeof Key>): string {
  return Buffer.from(JSON.stringify({ id, kind, createdAt })).toString('base64url')
}

function decodeCursor(cursor: string): z.infer<typeof Key> {
  try {
    return Key.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch {
    throw new RequestError([{ field: 'cursor', message: 'is not a cursor that this API gave' }])
  }
}
