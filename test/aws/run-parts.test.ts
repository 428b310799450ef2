import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import { changed } from '../../lib/runs/change.ts'
import type { Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { NOW, newRun } from '../ports/records.ts'
import { plain } from '../ports/store-homes.ts'
import { startTables, type Tables } from './tables.ts'

/** What lies beside the records of runs in DynamoDB. */

const BASELINE = {
  processes: Array.from({ length: 50 }, (_, node) => ({ node: `172.16.0.${node}`, restartedAt: 'x' })),
}
const ALARM: Run['source'] = { kind: 'alarm', name: 'cloudwatch', id: 'arn', rule: 'r', reason: 'why '.repeat(60) }

let tables: Tables
let table: string
/** `get <id>` and `put <id>`, in their order. */
let commands: string[]
/** Fails, as long as it is set, before it is sent. */
let failing: RegExp | undefined

beforeAll(async () => {
  tables = await startTables()
})
afterAll(() => tables.stop())
beforeEach(async () => {
  table = await tables.create()
  commands = []
  failing = undefined
})

/** As one sandbox has it. */
function sandbox(): Store {
  const db = documents(tables.client)
  const send = async (command: PutCommand | GetCommand): Promise<unknown> => {
    const id = command instanceof PutCommand ? `put ${command.input.Item?.id}` : `get ${command.input.Key?.id}`
    if (failing?.test(id)) throw new Error(`no answer to ${id}`)
    commands.push(id.replace(/:[0-9a-f]{12}$/, ''))
    return db.send(command as never)
  }
  return dynamoStore(table, { send } as never) // passes every command on
}

const intentOf = (run: Run): Run => changed(run, { state: 'submitting', baseline: BASELINE }, NOW)

test('a list of more runs than a sandbox remembers has them all, also those that it knew', async () => {
  const runs = await Promise.all(
    Array.from({ length: 120 }, async (_, n) => {
      const run = await newRun(`r${n}`)
      return { ...run, source: { ...ALARM, reason: `${ALARM.reason}${n}` } }
    }),
  )
  const writer = sandbox()
  for (const run of runs) await writer.create(run)
  const reader = sandbox()
  const [known] = runs
  expect(plain(await reader.get(known?.id ?? ''))).toEqual(JSON.parse(JSON.stringify(known)))
  const listed = await reader.list({ limit: 200 })
  expect(listed.runs.map(({ id }) => id).sort()).toEqual(runs.map(({ id }) => id).sort())
})

describe('a large baseline', () => {
  test('is written once, before the run that names it, and read once in a sandbox', async () => {
    const run = await newRun('a')
    const store = sandbox()
    await store.create(run)
    const second = intentOf(run)
    const third = changed(second, { state: 'tracking' }, NOW)
    for (const next of [second, third]) expect(await store.save(next)).toBe(true)
    expect(commands).toEqual([`put ${run.id}`, `put baseline:${run.id}`, `put ${run.id}`, `put ${run.id}`])
    commands = []
    const other = sandbox()
    for (const _ of [1, 2]) expect(plain(await other.get(run.id))).toEqual(JSON.parse(JSON.stringify(third)))
    await other.save(changed(third, { step: 1 }, NOW))
    expect(commands).toEqual([`get ${run.id}`, `get baseline:${run.id}`, `get ${run.id}`, `put ${run.id}`])
  })

  test('that was written for nothing changes nothing: the run is as it was, and goes on', async () => {
    const run = await newRun('a')
    const store = sandbox()
    await store.create(run)
    failing = /^put run_/
    await expect(store.save(intentOf(run))).rejects.toThrow('no answer')
    failing = undefined
    expect(plain(await sandbox().get(run.id))).toEqual(JSON.parse(JSON.stringify(run)))
    expect(await sandbox().save(intentOf(run))).toBe(true)
  })

  test('that is not written keeps its run from being written', async () => {
    const run = await newRun('a')
    await sandbox().create(run)
    failing = /^put baseline:/
    await expect(sandbox().save(intentOf(run))).rejects.toThrow('no answer')
    expect(plain(await sandbox().get(run.id))).toEqual(JSON.parse(JSON.stringify(run)))
  })

  test('of the worker that loses does not replace that of the winner', async () => {
    const run = await newRun('a')
    await sandbox().create(run)
    const loser = { ...intentOf(run), baseline: { processes: [...BASELINE.processes, { node: 'late' }] } }
    const saved = await Promise.all([sandbox().save(intentOf(run)), sandbox().save(loser)])
    expect(saved.filter(Boolean)).toHaveLength(1)
    expect((await sandbox().get(run.id))?.baseline).toEqual(saved[0] ? BASELINE : loser.baseline)
  })

  test('that is missing is a fault: nothing is done without it', async () => {
    const run = await newRun('a')
    await sandbox().create(run)
    await sandbox().save(intentOf(run))
    const { Item } = await documents(tables.client).send(new GetCommand({ TableName: table, Key: { id: run.id } }))
    const id = `baseline:${run.id}:${Item?.beside.baseline}`
    await documents(tables.client).send(new DeleteCommand({ TableName: table, Key: { id } }))
    await expect(sandbox().get(run.id)).rejects.toThrow(`${id} is missing`)
  })

  test('outlives its run', async () => {
    const run = await newRun('a')
    await sandbox().create(run)
    await sandbox().save(intentOf(run))
    const { Item: item } = await documents(tables.client).send(
      new GetCommand({ TableName: table, Key: { id: run.id } }),
    )
    const Key = { id: `baseline:${run.id}:${item?.beside.baseline}` }
    const { Item: part } = await documents(tables.client).send(new GetCommand({ TableName: table, Key }))
    expect(part?.expiresAtSeconds).toBe(run.expiresAtSeconds + 7 * 86_400)
  })
})

test('the request of an alarm is written once, beside its run, and is in lists', async () => {
  const run = { ...(await newRun('a')), source: ALARM }
  const store = sandbox()
  await store.create(run)
  await store.save(changed(run, { state: 'submitting' }, NOW))
  expect(commands).toEqual([`put request:${run.id}`, `put ${run.id}`, `put ${run.id}`])
  expect(
    (await dynamoStore(table, documents(tables.client)).list({ limit: 1, source: 'cloudwatch' })).runs,
  ).toMatchObject([{ id: run.id, source: ALARM }])
  expect((await sandbox().get(run.id))?.source).toEqual(ALARM)
})

test('a run that another worker made first leaves its own request beside nothing', async () => {
  const run = { ...(await newRun('a')), source: ALARM }
  await sandbox().create(run)
  const later = await sandbox().create({ ...run, source: { ...ALARM, reason: 'other '.repeat(60) } })
  expect(later?.source).toEqual(ALARM)
})
