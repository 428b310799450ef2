import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { itemsOf } from '../../lib/aws/store/table.ts'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import { changed } from '../../lib/runs/change.ts'
import type { DeadLetter } from '../../lib/runs/dead-letter.ts'
import type { Delivery } from '../../lib/runs/delivery.ts'
import type { Lease, Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { at, NOW, newRun } from '../ports/records.ts'
import { plain } from '../ports/store-homes.ts'
import { CREDENTIALS, startTables, type Tables } from './tables.ts'

/** Tests of the store on DynamoDB alone; test/ports has the tests of every store. */

let tables: Tables
let store: Store
let table = ''

beforeAll(async () => {
  tables = await startTables()
})

afterAll(() => tables.stop())

beforeEach(async () => {
  table = await tables.create()
  store = dynamoStore(table, documents(tables.client))
})

/** The same table behind a connection that loses the first answer to every write; the write itself succeeds. */
async function behindLossyLine(): Promise<{ store: Store; lost: () => number; close: () => void }> {
  const seen = new Set<string>()
  const line = createServer(async (incoming, outgoing) => {
    const body = await text(incoming)
    const headers = incoming.headers as Record<string, string> // each is sent once by the SDK
    const answer = await fetch(tables.endpoint, { method: 'POST', body, headers: forwarded(headers) })
    const answered = await answer.text()
    const isWrite = headers['x-amz-target']?.endsWith('PutItem')
    if (isWrite && !seen.has(body)) {
      seen.add(body)
      incoming.socket.destroy()
      return
    }
    outgoing.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(answered)
  })
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(line.address() as AddressInfo).port}` // listening on TCP
  const lossy = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials: CREDENTIALS })
  const close = (): void => {
    lossy.destroy()
    line.close()
  }
  return { store: dynamoStore(table, documents(lossy)), lost: () => seen.size, close }
}

/** Headers without those of the connection. */
function forwarded({
  host,
  connection,
  'content-length': length,
  ...headers
}: Record<string, string>): Record<string, string> {
  return headers
}

test('a repeated write whose first answer was lost is recognised as our own', async () => {
  const run = await newRun('a')
  const intent = changed(run, { state: 'submitting' }, NOW)
  const losing = await behindLossyLine()
  try {
    expect(await losing.store.create(run)).toBeUndefined()
    expect(await losing.store.save(intent)).toBe(true)
    expect(losing.lost()).toBe(2)
  } finally {
    losing.close()
  }
  // The same content from another writer is not our own write.
  expect(await store.save(intent)).toBe(false)
})

test('a lease of release 0.2.0 is read, and changed', async () => {
  const resource = 'huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
  const lease = { resource, until: at(0), waiting: ['run_b'], version: 1 }
  const old = { resource, runId: 'one', operation: 'x', acquiredAt: at(0), expiresAt: at(60_000) }
  await documents(tables.client).send(
    new PutCommand({ TableName: table, Item: { id: `lease:${resource}`, kind: 'lease', ...old } }),
  )
  const read = {
    resource,
    holder: { runId: 'one', operation: 'x', since: at(0) },
    until: at(60_000),
    waiting: [],
    version: 0,
  }
  expect(await store.getLease(resource)).toEqual(read)
  expect(await store.saveLease(lease)).toBe(true)
  expect(plain(await store.getLease(resource))).toEqual(lease)
})

describe('no expression contains text of a record', () => {
  const ODD = ') OR attribute_exists(id) OR (id = :before'
  const deadLetter: DeadLetter = { messageId: ODD, from: 'polls', queue: ODD, body: ODD, at: at(0) }
  const lease = (version: number): Lease => ({ resource: ODD, until: at(0), waiting: [ODD], version })
  const delivery = { id: ODD, kind: 'delivery', source: ODD, results: [] } as unknown as Delivery // the fields that are read

  test.for<[string, (store: Store, run: Run) => Promise<unknown>, string]>([
    ['a run that is created', (to, run) => to.create(run), 'attribute_not_exists(id)'],
    ['a run that changes', (to, run) => to.save(run), 'version = :before'],
    ['a lease that is taken first', (to) => to.saveLease(lease(1)), 'attribute_not_exists(version)'],
    ['a lease that changes', (to) => to.saveLease(lease(2)), 'version = :before'],
    ['a dead letter that is created', (to) => to.createDeadLetter(deadLetter), 'attribute_not_exists(id)'],
    ['a dead letter that changes', (to) => to.saveDeadLetter(deadLetter), 'attribute_exists(id)'],
    ['a delivery', (to) => to.keepDelivery(delivery), 'attribute_not_exists(hasRuns)'],
  ])('%s', async ([, act, expected]) => {
    const expressions: unknown[] = []
    const send = async ({ input }: { input: Record<string, unknown> }) => {
      expressions.push(...Object.entries(input).flatMap(([name, text]) => (/Expression$/.test(name) ? [text] : [])))
      return {}
    }
    const run = await newRun('a')
    await act(dynamoStore('t', { send } as never), { ...run, id: ODD, operation: ODD }) // the commands that are used
    expect(expressions).toEqual([expected])
  })
})

test('what is due is asked for by all shards, without a text in an expression', async () => {
  const inputs: Record<string, unknown>[] = []
  const send = async ({ input }: { input: Record<string, unknown> }) => {
    inputs.push(input)
    return {}
  }
  await dynamoStore('t', { send } as never).due({ now: at(0), limit: 1 }) // the one command that is used
  expect(new Set(inputs.map((one) => one.KeyConditionExpression))).toEqual(
    new Set(['#hash = :hash AND #range BETWEEN :first AND :last']),
  )
  const shards = inputs.map((one) => (one.ExpressionAttributeValues as Record<string, string>)[':hash'])
  expect(shards).toEqual([...'0123456789abcdef'].map((shard) => `due.${shard}`))
})

describe('a batch of reads', () => {
  /** Answers each batch without its last keys. @param left how many of them */
  const partial = (left: number) => {
    const asked: number[] = []
    const send = async ({ input }: { input: { RequestItems: Record<string, { Keys: { id: string }[] }> } }) => {
      const { Keys } = input.RequestItems.t ?? { Keys: [] }
      asked.push(Keys.length)
      const done = Math.max(0, Keys.length - left)
      return { Responses: { t: Keys.slice(0, done) }, UnprocessedKeys: { t: { Keys: Keys.slice(done) } } }
    }
    return { asked, items: itemsOf({ name: 't', db: { send } as never }) } // the one command that is used
  }
  const ids = Array.from({ length: 120 }, (_, index) => `k${index}`)

  test('asks for a hundred at once, and again for what was not answered', async () => {
    const { asked, items } = partial(60)
    const found = items.readAll(ids.slice(0, 110))
    await expect(found).rejects.toThrow('read t: 60 of 100 not answered')
    const whole = partial(0)
    expect([...(await whole.items.readAll(ids)).keys()]).toEqual(ids)
    expect([asked[0], asked[1], whole.asked]).toEqual([100, 60, [100, 20]])
  })

  test('gives all that came in parts', async () => {
    let left = 70
    const asked: number[] = []
    const send = async ({ input }: { input: { RequestItems: Record<string, { Keys: { id: string }[] }> } }) => {
      const { Keys } = input.RequestItems.t ?? { Keys: [] }
      asked.push(Keys.length)
      const done = Keys.length - left
      left = Math.max(0, left - 50)
      return { Responses: { t: Keys.slice(0, done) }, UnprocessedKeys: { t: { Keys: Keys.slice(done) } } }
    }
    const { readAll } = itemsOf({ name: 't', db: { send } as never }) // the one command that is used
    expect([...(await readAll(ids.slice(0, 100))).keys()]).toEqual(ids.slice(0, 100))
    expect(asked).toEqual([100, 70, 20])
  })
})
