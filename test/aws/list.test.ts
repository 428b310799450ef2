import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import type { Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { at, newRun } from '../ports/records.ts'
import { startTables, type Tables } from './tables.ts'

/** Tests of DynamoDB's lists alone; test/ports has the tests of every list. */

let tables: Tables
let store: Store
let queries: number

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
  store = dynamoStore(await tables.create(), { send } as Pick<DynamoDBDocumentClient, 'send'>) // passes every command on
})

/** Stores a run with this name as its id, created at this second. */
async function keep(name: string, second: number, more: Partial<Run> = {}): Promise<void> {
  await store.create({ ...(await newRun(name, second * 1000)), id: name, ...more })
}

test('a start that DynamoDB refuses is a forged cursor; any other error is not', async () => {
  for (let second = 0; second < 3; second++) await keep(`d${second}`, second)
  const { cursor } = await store.list({ limit: 1 })
  const failing = (name: string) =>
    dynamoStore('t', { send: async () => Promise.reject(Object.assign(new Error('no'), { name })) } as never)
  await expect(failing('ValidationException').list({ limit: 1, cursor })).rejects.toMatchObject({
    issues: [{ field: 'cursor' }],
  })
  await expect(failing('ValidationException').list({ limit: 1 })).rejects.toThrow('no')
  await expect(failing('ThrottlingException').list({ limit: 1, cursor })).rejects.toThrow('no')
})

test('a search for rare items stops after ten reads, and goes on by its cursor', async () => {
  const long = 'x'.repeat(300_000)
  // Three such items fill a page of DynamoDB, at any limit.
  for (let second = 0; second < 42; second++) {
    await keep(`k${String(second).padStart(2, '0')}`, second, {
      progress: { lastObserved: long, consecutive: 0, observedCounts: {}, failures: 0 },
    })
  }
  await keep('rare', -1, { state: 'failed' })
  queries = 0
  const first = await store.list({ limit: 1, state: ['failed'] })
  expect([first.runs, queries, first.cursor !== undefined]).toEqual([[], 10, true])
  const second = await store.list({ limit: 1, state: ['failed'], cursor: first.cursor })
  expect(second.runs.map(({ id }) => id)).toEqual(['rare'])
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
      expect(odd.values.filter((value) => value === text)).toHaveLength(5)
    },
  )

  test('every name has an alias', async () => {
    const { expressions } = await expressionsFor({ state: ['failed'], resource: ['x'], source: 'http', since: at(0) })
    const { ExpressionAttributeNames: names, ...texts } = expressions
    expect(texts).toEqual({
      KeyConditionExpression: '#kind = :kind AND #createdAt BETWEEN :since AND :last',
      FilterExpression: expect.stringMatching(
        /^\(#\w+(\.#\w+)? IN \(:w\d_\d\)\)?( (OR|AND) \(?#\w+(\.#\w+)? IN \(:w\d_\d\)\)?)*$/,
      ),
    })
    expect(names).toMatchObject({ '#kind': 'kind', '#state': 'state', '#source': 'source', '#resource': 'resource' })
  })
})
