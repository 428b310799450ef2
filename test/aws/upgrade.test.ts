import { DeleteTableCommand } from '@aws-sdk/client-dynamodb'
import { PutCommand } from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backfill } from '../../lib/aws/store/backfill.ts'
import { LAYOUTS, type Step } from '../../lib/aws/store/layout.ts'
import { documents, dynamoStore } from '../../lib/aws/store.ts'
import { changed } from '../../lib/runs/change.ts'
import type { Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { allPages, at, NOW, newDeadLetter, newDelivery, newRun } from '../ports/records.ts'
import { plain } from '../ports/store-homes.ts'
import { startTables, type Tables, tableSteps } from './tables.ts'

/** The upgrade of a table of release 0.4, step by step, and back. */

const STEPS = ['1', '2', '3', '4'] as const
const PAIRS = STEPS.slice(1).map((step, index) => [STEPS[index] ?? step, step] as const)

describe('the template', () => {
  test.for(PAIRS)('makes or deletes one index between step %s and step %s', ([before, after]) => {
    const names = [before, after].flatMap((step) => tableSteps()[step].indexes.map(({ IndexName }) => IndexName))
    expect(names.filter((name, at) => !names.includes(name, at + 1) && names.indexOf(name) === at)).toHaveLength(1)
  })

  test('makes one index beside those of release 0.4 at first', () => {
    expect(tableSteps()['1'].indexes.map(({ IndexName }) => IndexName)).toEqual(['due', 'recent', 'swept'])
  })

  test.for(STEPS)('defines the attributes that are keys at step %s, and no others', (step) => {
    const { indexes, keys } = tableSteps()[step]
    const used = new Set(['id', ...indexes.flatMap((one) => one.KeySchema.map(({ AttributeName }) => AttributeName))])
    expect(keys.map(({ AttributeName }) => AttributeName).toSorted()).toEqual([...used].toSorted())
  })

  test.for(STEPS)('has what the code of step %s reads', (step) => {
    const { lists, sweeps } = LAYOUTS[step]
    const names = tableSteps()[step].indexes.map(({ IndexName }) => IndexName)
    expect(names).toEqual(expect.arrayContaining([...lists, ...sweeps]))
  })
})

describe('the records', () => {
  let tables: Tables
  let table: string
  beforeAll(async () => {
    tables = await startTables()
  })
  afterAll(() => tables.stop())
  beforeEach(async () => {
    table = await tables.create('1')
  })

  const storeOf = (step: Step, name = table): Store => dynamoStore(name, documents(tables.client), LAYOUTS[step])
  /** As release 0.4 writes it. */
  const putOld = (run: Run): Promise<unknown> =>
    documents(tables.client).send(new PutCommand({ TableName: table, Item: run }))

  const listed = (store: Store, more: object = {}): Promise<string[]> =>
    allPages(async (cursor) => {
      const { runs, ...rest } = await store.list({ limit: 2, cursor, ...more })
      return { items: runs.map(({ id }) => id), ...rest }
    })
  const due = (store: Store): Promise<string[]> =>
    allPages(async (cursor) => {
      const { ids, ...rest } = await store.due({ now: at(1e7), limit: 2, cursor })
      return { items: ids, ...rest }
    })
  const runOf = async (id: string, second: number): Promise<Run> => ({ ...(await newRun(id, second * 1000)), id })

  /** Of release 0.4 and of each step until this one. @returns their ids, the oldest first */
  const fill = async (until: Step): Promise<string[]> => {
    await putOld(await runOf('old', 0))
    const ids = STEPS.filter((step) => step <= until)
    for (const id of ids) await storeOf(id).create(await runOf(id, Number(id)))
    return ['old', ...ids]
  }

  test.for(['1', '2'] as const)('of release 0.4 are in lists and due at step %s, beside others', async (step) => {
    table = await tables.create(step)
    const ids = await fill(step)
    expect(await listed(storeOf(step))).toEqual(ids.toReversed())
    expect(await listed(storeOf(step), { sourceKind: 'http', source: 'api' })).toEqual(ids.toReversed())
    expect(await due(storeOf(step))).toEqual(ids)
  })

  test('of release 0.4 are due at step 3', async () => {
    table = await tables.create('3')
    const ids = await fill('3')
    expect(await due(storeOf('3'))).toEqual(ids)
  })

  test.for(PAIRS)('of step %s are due and in lists at step %s', async ([before, after]) => {
    table = await tables.create(after)
    await storeOf(before).create(await runOf('a', 0))
    expect([await listed(storeOf(after)), await due(storeOf(after))]).toEqual([['a'], ['a']])
  })

  test.for(PAIRS)('of step %s are due and in lists after a rollback from step %s', async ([before, after]) => {
    table = await tables.create(before)
    const run = await runOf('a', 0)
    await storeOf(after).create(run)
    const store = storeOf(before)
    expect([await listed(store), await due(store)]).toEqual([['a'], ['a']])
    expect(await listed(store, { sourceKind: 'http', source: 'api', resource: [run.resource] })).toEqual(['a'])
    expect(plain(await store.get('a'))).toEqual(run)
    expect(await store.save(changed(run, { state: 'submitting' }, NOW))).toBe(true)
  })

  test.for(STEPS)('are changed at step %s, whichever wrote them', async (step) => {
    table = await tables.create(step)
    const run = await runOf('a', 0)
    await putOld(run)
    expect(await storeOf(step).save(changed(run, { state: 'submitting' }, NOW))).toBe(true)
    expect(await listed(storeOf(step), { state: ['submitting'] })).toEqual(['a'])
    expect(await due(storeOf(step))).toEqual(['a'])
  })

  test.for([
    ['2', '3'],
    ['3', '4'],
  ] as const)('are found by the code of step %s while step %s has dropped its index', async ([before, after]) => {
    table = await tables.create(after)
    const store = storeOf(before)
    await store.create(await runOf('a', 0))
    expect([await listed(store), await due(store)]).toEqual([['a'], ['a']])
  })

  test('are not found where an index is missing that is not about to be dropped', async () => {
    table = await tables.create('1')
    await expect(storeOf('4').list({ limit: 1 })).rejects.toThrow('index')
    table = await tables.create('4')
    await tables.client.send(new DeleteTableCommand({ TableName: table }))
    await expect(storeOf('4').due({ now: at(0), limit: 1 })).rejects.toThrow()
  })

  test('that are dead letters and deliveries are listed at every step', async () => {
    for (const step of STEPS) {
      table = await tables.create(step)
      const store = storeOf(step)
      await store.createDeadLetter(newDeadLetter('m1'))
      await store.keepDelivery(newDelivery('d1'))
      expect((await store.listDeadLetters({ limit: 2 })).deadLetters.map(plain)).toEqual([newDeadLetter('m1')])
      expect((await store.listDeliveries({ limit: 2, source: 'github' })).deliveries).toHaveLength(1)
    }
  })

  test('of release 0.4 are in lists without the old index after the backfill, each once', async () => {
    table = await tables.create('2')
    const ids = await fill('2')
    const old = await runOf('before it', -1)
    const { progress, resource, deadLetters, ...rest } = old
    const { observedCounts: seen, consecutive: streak, failures } = progress
    await putOld({ ...rest, buried: deadLetters, progress: { seen, streak, failures } } as never) // as 0.4 wrote it
    const db = documents(tables.client)
    for (const Item of [
      { id: 'letter:m', kind: 'letter', createdAt: at(0), ...newDeadLetter('m') },
      { ...newDelivery('d'), kind: 'delivery' },
      { id: 'lease:x', kind: 'lease' },
      { id: 'unreadable', kind: 'run' },
    ]) {
      await db.send(new PutCommand({ TableName: table, Item }))
    }
    expect(await backfill({ name: table, db })).toEqual({ written: 4, unreadable: ['unreadable'] })
    expect(await backfill({ name: table, db })).toEqual({ written: 0, unreadable: ['unreadable'] })
    for (const step of ['1', '2', '3'] as const) {
      expect(await listed(storeOf(step), { resource: [resource] })).toEqual([...ids.toReversed(), 'before it'])
    }
    expect(await due(storeOf('4'))).toEqual(['before it', ...ids])
    expect((await storeOf('3').listDeadLetters({ limit: 2 })).deadLetters.map(plain)).toEqual([newDeadLetter('m')])
    expect((await storeOf('3').listDeliveries({ limit: 2, source: 'github' })).deliveries).toHaveLength(1)
    expect(await storeOf('2').save(changed(old, { state: 'submitting' }, NOW))).toBe(true)
  })

  test('have a cursor of release 0.4 that goes on', async () => {
    table = await tables.create('2')
    for (const [index, id] of ['a', 'b', 'c'].entries()) await putOld(await runOf(id, index))
    const { cursor } = await storeOf('1').list({ limit: 1, state: ['queued'] })
    expect(await listed(storeOf('2'), { state: ['queued'] })).toEqual(['c', 'b', 'a'])
    expect((await storeOf('2').list({ limit: 9, state: ['queued'], cursor })).runs.map(({ id }) => id)).toEqual([
      'b',
      'a',
    ])
  })
})
