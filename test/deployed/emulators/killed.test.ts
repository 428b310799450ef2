import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CreateTableCommand, type CreateTableCommandInput } from '@aws-sdk/client-dynamodb'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { afterAll, expect, test } from 'vitest'
import { startFixture } from '../fixtures/fixture.ts'
import { LOCAL_REGION } from '../template/intrinsics.ts'
import { writeAtomically } from './atomic-writes.ts'
import { LOCAL_CREDENTIALS, localClients } from './clients.ts'
import { startEmulators } from './emulators.ts'

// What a process that is killed at an awkward moment may leave behind, and what the next one makes of it.

const dir = mkdtempSync(join(tmpdir(), 'steadyhand-killed-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** What is used here of dynalite's LevelDB, which is not typed. */
interface Level {
  open(): Promise<void>
  close(): Promise<void>
  put(key: string, value: object): Promise<void>
  /** Each time that something is written in one step. */
  on(event: 'write', listener: (operations: Operation[]) => void): void
}
type Operation = { type: 'put' | 'del'; key: string; value?: { dueAt: { S: string } } }
type Action = (store: { db: Level }, data: object, done: (error: Error | null) => void) => void

const dynalite = createRequire(createRequire(import.meta.url).resolve('dynalite'))
const TABLE: CreateTableCommandInput = {
  TableName: 'Runs',
  AttributeDefinitions: ['id', 'due', 'dueAt'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'due',
      KeySchema: [
        { AttributeName: 'due', KeyType: 'HASH' },
        { AttributeName: 'dueAt', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST',
}

test('whatever the moment, an index has what the table has', async () => {
  writeAtomically()
  const store: { db: Level } = dynalite('./db').create({})
  await store.db.put('table~Runs', { ...TABLE, TableStatus: 'ACTIVE' })
  const rows = new Map<string, string | undefined>()
  const moments: string[] = []
  store.db.on('write', (operations) => {
    for (const { type, key, value } of operations) {
      if (type === 'put') rows.set(key, `${key.split('-')[0]} ${value?.dueAt.S}`)
      else rows.delete(key)
    }
    moments.push([...rows.values()].sort().join(', '))
  })
  const act = (action: string, data: object): Promise<unknown> =>
    promisify(dynalite(`./actions/${action}`) as Action)(store, { TableName: 'Runs', ...data })
  const itemOf = (dueAt: string): object => ({ id: { S: 'run' }, due: { S: 'due' }, dueAt: { S: dueAt } })
  await act('putItem', { Item: itemOf('1') })
  await act('putItem', { Item: itemOf('2') })
  await act('deleteItem', { Key: { id: { S: 'run' } } })
  expect([...new Set(moments)]).toEqual(['index 1, item 1', 'index 2, item 2', ''])
})

test('a table that was left half made is made again', async () => {
  const path = join(dir, 'tables-of-one-killed')
  const { Level } = dynalite('level') as { Level: new (path: string, options: object) => Level }
  const level = new Level(path, { valueEncoding: 'json' })
  await level.open()
  await level.put('table~Runs', { ...TABLE, TableStatus: 'CREATING' })
  await level.close()
  const emulators = await startEmulators(path)
  const clients = localClients(emulators.endpoints)
  const { TableDescription } = await clients.dynamodb.send(new CreateTableCommand(TABLE))
  expect(TableDescription?.TableName).toBe('Runs')
  clients.close()
  await emulators.close()
})

test('a publisher is answered when the file has it, also after half a line', async () => {
  const file = join(dir, 'outcomes.jsonl')
  writeFileSync(file, '{"half a li')
  const { fixture, dispose } = await startFixture({ dataDir: dir })
  const { sns: endpoint } = fixture.endpoints
  const sns = new SNSClient({ region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, endpoint })
  const messages = Array.from({ length: 30 }, (_, index) => `message ${index}`)
  const written = await Promise.all(
    messages.map(async (Message) => {
      await sns.send(new PublishCommand({ TopicArn: fixture.resources.Topic, Message }))
      const lines = readFileSync(file, 'utf8').split('\n').slice(1, -1)
      return lines.map((line) => JSON.parse(line).message).includes(Message)
    }),
  )
  expect(written).toEqual(messages.map(() => true))
  sns.destroy()
  await dispose()
})
