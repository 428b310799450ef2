import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import type { Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { allPages, at, newRun } from '../ports/records.ts'
import { startTables, type Tables } from './tables.ts'

/** Tests of DynamoDB's lists alone; test/ports has the tests of every list. */

let tables: Tables
let store: Store
let queries: number
let table: string

beforeAll(async () => {
  tables = await startTables()
})

afterAll(() => tables.stop())

beforeEach(async () => {
  const db = documents(tables.client)
  queries = 0
  const send = (command: never) => {
    if ((command as object) instanceof QueryCommand) queries++
    return db.send(command)
  }
  table = await tables.create()
  store = dynamoStore(table, { send } as Pick<DynamoDBDocumentClient, 'send'>) // passes every command on
})

/** Stores a run with this name as its id, created at this second. */
async function keep(name: string, second: number, more: Partial<Run> = {}): Promise<void> {
  await store.create({ ...(await newRun(name, second * 1000)), id: name, ...more })
}

test('an error of DynamoDB is no fault of the cursor', async () => {
  for (let second = 0; second < 3; second++) await keep(`d${second}`, second)
  const { cursor } = await store.list({ limit: 1 })
  const failing = (name: string) =>
    dynamoStore('t', { send: async () => Promise.reject(Object.assign(new Error('no'), { name })) } as never)
  await expect(failing('ValidationException').list({ limit: 1, cursor })).rejects.toThrow('no')
  await expect(failing('ThrottlingException').list({ limit: 1 })).rejects.toThrow('no')
})

test('a list reads all shards at once, and only those on that it needs', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `k${String(index).padStart(2, '0')}`)
  for (const [index, name] of names.entries()) await keep(name, index)
  const newest = names.toReversed()
  queries = 0
  expect((await store.list({ limit: 5 })).runs.map(({ id }) => id)).toEqual(newest.slice(0, 5))
  expect(queries).toBe(16)
  const paged = await allPages(async (cursor) => {
    const { runs, ...more } = await store.list({ limit: 7, cursor })
    return { items: runs.map(({ id }) => id), ...more }
  })
  expect(paged).toEqual(newest)
})

test('records of one instant that fill many pages of each shard are each listed once, at any page size', async () => {
  const names = Array.from({ length: 400 }, (_, index) => `k${index}`)
  for (const name of names) await keep(name, 1)
  await keep('older', 0)
  for (const limit of [3, 100]) {
    const paged = await allPages(async (cursor) => {
      const { runs, ...more } = await store.list({ limit, cursor })
      return { items: runs.map(({ id }) => id), ...more }
    })
    expect(paged.toSorted()).toEqual([...names, 'older'].toSorted())
    expect(paged.at(-1)).toBe('older')
  }
})

test('a record that has expired is left out, though the index still has it', async () => {
  for (const [index, name] of ['a', 'b', 'c'].entries()) await keep(name, index)
  const send = async (command: { input: Record<string, unknown> }): Promise<unknown> => {
    const answer = await documents(tables.client).send(command as never)
    const { Responses } = answer as { Responses?: Record<string, { id: string }[]> }
    for (const [name, items] of Object.entries(Responses ?? {})) {
      Object.assign(Responses ?? {}, { [name]: items.filter(({ id }) => id !== 'b') })
    }
    return answer
  }
  const seeing = dynamoStore(table, { send } as never) // passes every command on
  expect((await seeing.list({ limit: 9 })).runs.map(({ id }) => id)).toEqual(['c', 'a'])
})

test('a record that no longer fits is left out, though the index still shows it so', async () => {
  for (const [index, name] of ['a', 'b', 'c'].entries()) await keep(name, index)
  const entries = ['c', 'b', 'a'].map((id, index) => ({ id, createdAt: at(2000 - index * 1000) }))
  const stale = async (command: object): Promise<unknown> => {
    if (!(command instanceof QueryCommand)) return documents(tables.client).send(command as never)
    return { Items: command.input.ExpressionAttributeValues?.[':hash'] === 'run.0' ? entries : [] }
  }
  const run = await store.get('b')
  if (run) await store.save({ ...run, state: 'submitting', version: run.version + 1 })
  const lagging = dynamoStore(table, { send: stale } as never) // passes every other command on
  expect((await lagging.list({ limit: 9, state: ['queued'] })).runs.map(({ id }) => id)).toEqual(['c', 'a'])
})

test('a search for rare items stops after ten rounds, and goes on by its cursor', async () => {
  // In each query, two entries of a shard that fit no filter, and a long way to go.
  const asked: number[] = []
  const send = async ({ input }: { input: Record<string, unknown> }): Promise<unknown> => {
    const { ExclusiveStartKey: start, ExpressionAttributeValues: values } = input as {
      ExclusiveStartKey?: { createdAt: string }
      ExpressionAttributeValues: Record<string, string>
    }
    const from = Date.parse(start?.createdAt ?? (values[':last'] === ':' ? at(0) : (values[':last'] ?? '')))
    asked.push(from)
    return { Items: [], LastEvaluatedKey: { createdAt: new Date(from - 1000).toISOString() } }
  }
  const endless = dynamoStore('t', { send } as never) // no command but queries
  const first = await endless.list({ limit: 1, state: ['failed'] })
  expect([first.runs, asked.length]).toEqual([[], 160])
  asked.length = 0
  const second = await endless.list({ limit: 1, state: ['failed'], cursor: first.cursor })
  expect([second.runs, Math.max(...asked)]).toEqual([[], Date.parse(at(-10_000))])
})

describe('no expression contains a filter value:', () => {
  /** The expressions of one query, and its values. */
  const expressionsFor = async (filter: object) => {
    const inputs: Record<string, unknown>[] = []
    const send = async ({ input }: { input: Record<string, unknown> }) => {
      inputs.push(input)
      return {}
    }
    await dynamoStore('t', { send } as never).list({ limit: 1, ...filter }) // the one command that is used
    const [{ KeyConditionExpression, FilterExpression, ExpressionAttributeNames, ExpressionAttributeValues } = {}] =
      inputs
    return {
      expressions: { KeyConditionExpression, FilterExpression, ExpressionAttributeNames },
      values: Object.values(ExpressionAttributeValues ?? {}),
    }
  }

  test.for(['x) OR (#kind = :kind', ':kind', '#state', 'x, :kind', "' OR 1 = 1", 'attribute_exists(id)'])(
    '%s',
    async (text) => {
      const filter = (of: string) => ({ operation: of, source: of, resource: [of], batchId: of, state: [of] })
      const [plain, odd] = await Promise.all([expressionsFor(filter('x')), expressionsFor(filter(text))])
      expect(odd.expressions).toEqual(plain.expressions)
      // Of a state, an entry has only whether a run lives.
      expect(odd.values.filter((value) => value === text)).toHaveLength(4)
    },
  )

  test('every name has an alias', async () => {
    const { expressions } = await expressionsFor({ state: ['failed'], resource: ['x'], source: 'http', since: at(0) })
    const { ExpressionAttributeNames: names, ...texts } = expressions
    expect(texts).toEqual({
      KeyConditionExpression: '#hash = :hash AND #range BETWEEN :first AND :last',
      FilterExpression: expect.stringMatching(
        /^\(#\w+(\.#\w+)? IN \(:w\d_\d\)\)?( (OR|AND) \(?#\w+(\.#\w+)? IN \(:w\d_\d\)\)?)*$/,
      ),
    })
    expect(names).toMatchObject({ '#hash': 'listShard', '#listed': 'listed', '#sourceName': 'sourceName' })
  })
})
