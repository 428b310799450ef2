import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb'
import dynalite from 'dynalite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import { changed } from '../../lib/runs/change.ts'
import type { ListFilter, Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { readTemplate } from '../../lib/standalone/template/template.ts'
import { createWorld } from '../world/world.ts'

/** The lists of what is recent, over the table as it would be deployed. */

const template = readTemplate(`${import.meta.dirname}/../../.serverless/cloudformation-template-update-stack.json`)
const NOW = Date.parse('2026-01-01T00:00:00Z')
const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const CLUSTER = 'emr-4zvc5mul'

let server: Server
let client: DynamoDBClient
let store: Store
let queries: number
let tables = 0

beforeAll(async () => {
  server = dynalite({ createTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.address() as AddressInfo // listening on TCP
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  client = new DynamoDBClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials })
})

afterAll(() => {
  client.destroy()
  server.close()
})

beforeEach(async () => {
  const table = `runs-${tables++}`
  await client.send(new CreateTableCommand({ ...template.tables[0]?.create, TableName: table } as never)) // checked by the template's reader
  const db = documents(client)
  queries = 0
  const send = (command: never) => {
    if ((command as object) instanceof QueryCommand) queries++
    return db.send(command)
  }
  store = dynamoStore(table, { send } as Pick<DynamoDBDocumentClient, 'send'>) // every command is passed on as it is
})

const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString()

/** A run of its own second, by its name. */
async function keep(name: string, second: number, more: Partial<Run> = {}): Promise<void> {
  const run = await createWorld().accept({ idempotencyKey: name })
  await store.create({ ...run, id: name, createdAt: at(second), ...more })
}

const idsOf = async (filter: Partial<ListFilter>): Promise<string[]> =>
  (await store.list({ limit: 20, ...filter })).runs.map(({ id }) => id)

describe('runs are found', () => {
  beforeEach(async () => {
    await keep('a', 1, { state: 'failed' })
    await keep('b', 2, { state: 'unknown', source: { kind: 'alarm', name: 'cloudwatch', id: 'x' }, batchId: 'batch_1' })
    await keep('c', 3, { operation: 'emr.service.stop', target: { region: 'ap-guangzhou', clusterId: CLUSTER } })
    await keep('d', 4, { target: { region: 'cn-north-4', instanceId: CLUSTER }, batchId: 'batch_1' })
  })

  test.for([
    [{}, ['d', 'c', 'b', 'a']],
    [{ state: ['failed'] }, ['a']],
    [{ state: ['failed', 'unknown'] }, ['b', 'a']],
    [{ state: [] }, ['d', 'c', 'b', 'a']],
    [{ operation: 'emr.service.stop' }, ['c']],
    [{ source: 'alarm' }, ['b']],
    [{ source: 'http' }, ['d', 'c', 'a']],
    [{ target: INSTANCE }, ['b', 'a']],
    [{ target: CLUSTER }, ['d', 'c']],
    [{ batchId: 'batch_1' }, ['d', 'b']],
    [{ since: at(2) }, ['d', 'c', 'b']],
    [{ until: at(2) }, ['a']],
    [{ since: at(2), until: at(4) }, ['c', 'b']],
    [{ since: at(3), until: at(3.001) }, ['c']],
    [{ since: at(5) }, []],
    [{ batchId: 'batch_1', state: ['unknown'], source: 'alarm', since: at(1), target: INSTANCE }, ['b']],
    [{ batchId: 'batch_1', target: 'nothing' }, []],
  ] satisfies [Partial<ListFilter>, string[]][])('by %j: %j', async ([filter, ids]) => {
    expect(await idsOf(filter)).toEqual(ids)
    // One at a time, the same ones.
    const paged: string[] = []
    let cursor: string | undefined
    do {
      const page = await store.list({ limit: 1, ...filter, cursor })
      paged.push(...page.runs.map(({ id }) => id))
      cursor = page.cursor
    } while (cursor)
    expect(paged).toEqual(ids)
  })

  test('from where the page before ended, though others were added since', async () => {
    const { cursor } = await store.list({ limit: 2 })
    await keep('e', 5)
    expect(await idsOf({ cursor })).toEqual(['b', 'a'])
  })

  test.for([
    { state: ['failed'] },
    { state: ['unknown'], target: INSTANCE },
    { since: at(0) },
    { until: at(9) },
  ] satisfies Partial<ListFilter>[])('by a cursor of the same filter only, not by one of %j', async (filter) => {
    const { cursor } = await store.list({ limit: 1, state: ['unknown'] })
    expect(await idsOf({ state: ['unknown'], cursor, limit: 7 })).toEqual([])
    await expect(store.list({ limit: 1, ...filter, cursor })).rejects.toMatchObject({
      issues: [{ field: 'cursor', message: 'belongs to another filter' }],
    })
  })
})

describe('what is asked for stands in no expression:', () => {
  /** Expressions of one query, and whether what was asked for is among its values. */
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
      const filter = (of: string) => ({ operation: of, source: of, target: of, batchId: of, state: [of] })
      const [plain, odd] = await Promise.all([expressionsFor(filter('x')), expressionsFor(filter(text))])
      expect(odd.expressions).toEqual(plain.expressions)
      expect(odd.values.filter((value) => value === text)).toHaveLength(5)
      await keep('a', 1)
      expect(await idsOf({ operation: text })).toEqual([])
      expect(await idsOf({ target: text })).toEqual([])
    },
  )

  test('every name has an alias', async () => {
    const { expressions } = await expressionsFor({ state: ['failed'], target: 'x', source: 'http', since: at(0) })
    const { ExpressionAttributeNames: names, ...texts } = expressions
    expect(texts).toEqual({
      KeyConditionExpression: '#kind = :kind AND #createdAt BETWEEN :since AND :last',
      FilterExpression: expect.stringMatching(
        /^\(#\w+(\.#\w+)? IN \(:w\d_\d\)( (OR|AND) \(?#\w+(\.#\w+)? IN \(:w\d_\d\)\)?)*\)?$/,
      ),
    })
    expect(names).toMatchObject({ '#kind': 'kind', '#state': 'state', '#source': 'source', '#target': 'target' })
  })
})

describe('a forged cursor is the fault of who made it:', () => {
  const forge = (key: object): string => Buffer.from(JSON.stringify(key)).toString('base64url')

  test.for<[string, Record<string, unknown>]>([
    ['of another kind', { kind: 'letter' }],
    ['before what is asked for', { createdAt: at(-99) }],
    ['after it', { createdAt: at(99) }],
    ['of no instant', { createdAt: 'z' }],
    ['of an id that is too long', { id: 'x'.repeat(3000) }],
    ['of an id that is none', { id: { S: 'a' } }],
    ['without an instant', { createdAt: undefined }],
    ['of a digest that is none', { of: 7 }],
  ])('%s', async ([, change]) => {
    const filter = { limit: 1, since: at(-5), until: at(50) }
    for (let second = 0; second < 3; second++) await keep(`c${second}`, second)
    const { cursor = '' } = await store.list(filter)
    const key = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    await expect(store.list({ ...filter, cursor: forge({ ...key, ...change }) })).rejects.toMatchObject({
      issues: [{ field: 'cursor', message: 'is not a cursor that this API gave' }],
    })
  })

  test.for(['', 'null', '[]', '7', '{'].map((json) => Buffer.from(json).toString('base64url')).filter(Boolean))(
    '%s',
    async (cursor) => {
      await expect(store.list({ limit: 1, cursor })).rejects.toMatchObject({ issues: [{ field: 'cursor' }] })
    },
  )

  test('what DynamoDB refuses as a start is, too; any other fault of it is not', async () => {
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
})

test('a search of what is rare stops after ten reads, and goes on by its cursor', async () => {
  const long = 'x'.repeat(300_000)
  // Three such items are a page of DynamoDB, whatever the limit.
  for (let second = 0; second < 42; second++) {
    await keep(`k${String(second).padStart(2, '0')}`, second, {
      progress: { said: long, streak: 0, seen: {}, failures: 0 },
    })
  }
  await keep('rare', -1, { state: 'failed' })
  queries = 0
  const first = await store.list({ limit: 1, state: ['failed'] })
  expect([first.runs, queries, first.cursor !== undefined]).toEqual([[], 10, true])
  const second = await store.list({ limit: 1, state: ['failed'], cursor: first.cursor })
  expect(second.runs.map(({ id }) => id)).toEqual(['rare'])
})

describe('dead letters are listed', () => {
  const letter = (messageId: string, second: number) => ({
    ...{ messageId, from: 'polls' as const, queue: 'PollsDeadLetters', body: '{}', at: at(second) },
  })

  test('newest first, by pages, and apart from runs', async () => {
    const letters = [letter('m1', 1), letter('m2', 2), letter('m3', 3)]
    for (const one of letters) await store.keepLetter(one)
    await keep('a', 2)
    const first = await store.listLetters({ limit: 2 })
    expect(first.letters).toMatchObject([letters[2], letters[1]])
    const second = await store.listLetters({ limit: 2, cursor: first.cursor })
    expect(second).toEqual({ letters: [expect.objectContaining(letters[0])] })
    await expect(store.list({ limit: 2, cursor: first.cursor })).rejects.toMatchObject({
      issues: [{ field: 'cursor' }],
    })
    expect(await idsOf({})).toEqual(['a'])
  })

  test('also after they were sent back', async () => {
    await store.keepLetter(letter('m1', 1))
    await store.saveLetter({ ...letter('m1', 1), sentBackAt: at(9) })
    const { letters } = await store.listLetters({ limit: 2 })
    expect(letters).toMatchObject([{ ...letter('m1', 1), sentBackAt: at(9) }])
  })
})

test('a run that changed is listed as it is now', async () => {
  const run = await createWorld().accept({})
  await store.create(run)
  await store.save(changed(run, 'failed', {}, NOW))
  expect(await idsOf({ state: ['failed'] })).toEqual([run.id])
})
