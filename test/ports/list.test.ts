import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { changed } from '../../lib/runs/change.ts'
import type { ListFilter, Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { allPages, at, NOW, newDeadLetter, newDelivery, newRun } from './records.ts'
import { type OpenStore, plain, STORE_HOMES } from './store-homes.ts'

const INSTANCE = '2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef'
const CLUSTER = 'emr-4zvc5mul'

/** What every store lists. */
describe.for(STORE_HOMES)('on $name,', ({ start }) => {
  let home: Awaited<ReturnType<typeof start>>
  let opened: OpenStore
  let store: Store

  beforeAll(async () => {
    home = await start()
  })
  afterAll(() => home.stop())
  beforeEach(async () => {
    opened = await home.open()
    store = opened.store
  })
  afterEach(() => opened.close())

  /** A run of its own second, by its name. */
  const keep = async (name: string, second: number, more: Partial<Run> = {}): Promise<void> => {
    await store.create({ ...(await newRun(name, second * 1000)), id: name, ...more })
  }

  const idsOf = async (filter: Partial<ListFilter>): Promise<string[]> =>
    (await store.list({ limit: 20, ...filter })).runs.map(({ id }) => id)

  const pagedIdsOf = (filter: Partial<ListFilter>, limit: number): Promise<string[]> =>
    allPages(async (cursor) => {
      const { runs, ...more } = await store.list({ ...filter, limit, cursor })
      expect(runs.length).toBeLessThanOrEqual(limit)
      return { items: runs.map(({ id }) => id), ...more }
    })

  describe('runs are listed', () => {
    beforeEach(async () => {
      const alarm = { kind: 'alarm', name: 'cloudwatch', id: 'x' } as const
      await keep('c', 3, {
        ...{ operation: 'emr.service.stop', resource: `tencent/emr/${CLUSTER}` },
        target: { region: 'ap-guangzhou', clusterId: CLUSTER },
      })
      await keep('a', 1, { state: 'failed' })
      await keep('d', 4, {
        ...{ resource: `huawei/dcs/${CLUSTER}`, batchId: 'batch_1' },
        target: { region: 'cn-north-4', instanceId: CLUSTER },
      })
      await keep('b', 2, { state: 'unknown', source: alarm, batchId: 'batch_1' })
    })

    test.for([
      [{}, ['d', 'c', 'b', 'a']],
      [{ state: ['failed'] }, ['a']],
      [{ state: ['failed', 'unknown'] }, ['b', 'a']],
      [{ state: [] }, ['d', 'c', 'b', 'a']],
      [{ operation: 'emr.service.stop' }, ['c']],
      [{ sourceKind: 'alarm' }, ['b']],
      [{ sourceKind: 'http' }, ['d', 'c', 'a']],
      [{ source: 'cloudwatch' }, ['b']],
      [{ source: 'nobody' }, []],
      [{ resource: [`huawei/dcs/${INSTANCE}`, 'none'] }, ['b', 'a']],
      [{ resource: [`huawei/dcs/${CLUSTER}`, `tencent/emr/${CLUSTER}`] }, ['d', 'c']],
      [{ batchId: 'batch_1' }, ['d', 'b']],
      [{ since: at(2000) }, ['d', 'c', 'b']],
      [{ until: at(2000) }, ['a']],
      [{ since: at(2000), until: at(4000) }, ['c', 'b']],
      [{ since: at(3000), until: at(3001) }, ['c']],
      [{ since: at(5000) }, []],
      [
        {
          batchId: 'batch_1',
          state: ['unknown'],
          sourceKind: 'alarm',
          since: at(1000),
          resource: [`huawei/dcs/${INSTANCE}`],
        },
        ['b'],
      ],
      [{ batchId: 'batch_1', resource: ['nothing'] }, []],
    ] satisfies [Partial<ListFilter>, string[]][])('by %j: %j', async ([filter, ids]) => {
      expect(await idsOf(filter)).toEqual(ids)
      expect(await pagedIdsOf(filter, 1)).toEqual(ids)
      expect(await pagedIdsOf(filter, 3)).toEqual(ids)
    })

    test.for(['x) OR (#kind = :kind', ':kind', "' OR 1 = 1 --", '%', 'attribute_exists(id)'])(
      'by text, whatever it says: %s',
      async (text) => {
        for (const name of ['operation', 'batchId']) expect(await idsOf({ [name]: text })).toEqual([])
        expect(await idsOf({ resource: [text] })).toEqual([])
      },
    )

    test('from where the page before ended, though others were added since', async () => {
      const { cursor } = await store.list({ limit: 2 })
      await keep('e', 5)
      expect(await idsOf({ cursor })).toEqual(['b', 'a'])
    })

    test('from where the page before ended, though its last one is another now', async () => {
      const { runs, cursor } = await store.list({ limit: 2, operation: 'dcs.instance.restart' })
      const last = runs.at(-1)
      if (last) await store.save({ ...last, operation: 'x', version: last.version + 1 })
      expect(await idsOf({ cursor, operation: 'dcs.instance.restart' })).toEqual(['a'])
    })

    test.for([
      { state: ['failed'] },
      { state: ['unknown'], resource: [`huawei/dcs/${INSTANCE}`] },
      { since: at(0) },
      { until: at(9000) },
    ] satisfies Partial<ListFilter>[])('by a cursor of the same filter only, not by one of %j', async (filter) => {
      const { cursor } = await store.list({ limit: 1, operation: 'dcs.instance.restart' })
      expect(await idsOf({ operation: 'dcs.instance.restart', cursor, limit: 7 })).toEqual(['b', 'a'])
      await expect(store.list({ limit: 1, ...filter, cursor })).rejects.toMatchObject({
        issues: [{ field: 'cursor', message: 'belongs to another filter: start the list again' }],
      })
    })

    test('as they are now', async () => {
      const run = await store.get('c')
      if (run) await store.save(changed(run, { state: 'failed' }, NOW))
      expect(await idsOf({ state: ['failed'] })).toEqual(['c', 'a'])
    })
  })

  test('runs of one instant are each listed once', async () => {
    const names = Array.from({ length: 7 }, (_, index) => `k${index}`)
    for (const name of names) await keep(name, 1)
    expect((await pagedIdsOf({}, 2)).toSorted()).toEqual(names)
  })

  describe('a forged cursor is the fault of who made it:', () => {
    const forge = (key: object): string => Buffer.from(JSON.stringify(key)).toString('base64url')
    const message = 'is not a cursor that this API gave'

    test.for<[string, Record<string, unknown>]>([
      ['of another kind', { kind: 'letter' }],
      ['before its scope', { createdAt: at(-99_000) }],
      ['after its scope', { createdAt: at(99_000) }],
      ['of no instant', { createdAt: 'z' }],
      ['of an id that is too long', { id: 'x'.repeat(3000) }],
      ['of an id that is none', { id: { S: 'a' } }],
      ['without an instant', { createdAt: undefined }],
      ['of a digest that is none', { of: 7 }],
    ])('%s', async ([, change]) => {
      const filter = { limit: 1, since: at(-5000), until: at(50_000) }
      for (let second = 0; second < 3; second++) await keep(`c${second}`, second)
      const { cursor = '' } = await store.list(filter)
      const key = JSON.parse(Buffer.from(cursor, 'base64url').toString())
      await expect(store.list({ ...filter, cursor: forge({ ...key, ...change }) })).rejects.toMatchObject({
        issues: [{ field: 'cursor', message }],
      })
    })

    test.for(['null', '[]', '7', '{', '{}', '{"id":"lease:x"}'])('of %j', async (json) => {
      const cursor = Buffer.from(json).toString('base64url')
      await expect(store.list({ limit: 1, cursor })).rejects.toMatchObject({
        name: 'RequestError',
        issues: [{ field: 'cursor', message }],
      })
    })

    test('of another alphabet', async () => {
      await expect(store.list({ limit: 1, cursor: 'x' })).rejects.toMatchObject({ issues: [{ field: 'cursor' }] })
    })
  })

  test('an empty cursor is none', async () => {
    expect(await store.list({ limit: 1, cursor: '' })).toEqual({ runs: [] })
  })

  describe('dead letters are listed', () => {
    test('newest first, by pages, and apart from runs', async () => {
      const deadLetters = [newDeadLetter('m1', 1), newDeadLetter('m2', 2), newDeadLetter('m3', 3)]
      for (const deadLetter of deadLetters) await store.createDeadLetter(deadLetter)
      await keep('a', 2)
      const first = await store.listDeadLetters({ limit: 2 })
      expect(first.deadLetters.map(plain)).toEqual([deadLetters[2], deadLetters[1]])
      const second = await store.listDeadLetters({ limit: 2, cursor: first.cursor })
      expect(second.deadLetters.map(plain)).toEqual([deadLetters[0]])
      expect(second.cursor).toBeUndefined()
      await expect(store.list({ limit: 2, cursor: first.cursor })).rejects.toMatchObject({
        issues: [{ field: 'cursor' }],
      })
      expect(await idsOf({})).toEqual(['a'])
    })

    test('also after they were sent back', async () => {
      await store.createDeadLetter(newDeadLetter('m1'))
      const sentBack = { ...newDeadLetter('m1'), sentBackAt: at(9) }
      await store.saveDeadLetter(sentBack)
      expect((await store.listDeadLetters({ limit: 2 })).deadLetters.map(plain)).toEqual([sentBack])
    })
  })

  test.for([
    [undefined, ['d3', 'd2', 'd1']],
    ['github', ['d3', 'd1']],
    ['jira', ['d2']],
    ['nobody', []],
  ] as const)('deliveries of %s are %j, newest first', async ([source, ids]) => {
    const [, ...from] = ['', 'github', 'jira', 'github']
    for (const [index, name] of from.entries()) {
      await store.keepDelivery(newDelivery(`d${index + 1}`, [{ subject: 'x', runs: ['r'] }], index, name))
    }
    expect((await store.listDeliveries({ limit: 9, source })).deliveries.map(({ id }) => id)).toEqual(ids)
    const paged = await allPages(async (cursor) => {
      const { deliveries, ...more } = await store.listDeliveries({ limit: 1, source, cursor })
      return { items: deliveries.map(({ id }) => id), ...more }
    })
    expect(paged).toEqual(ids)
  })
})
