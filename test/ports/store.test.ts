import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { changed } from '../../lib/runs/change.ts'
import type { Delivery } from '../../lib/runs/delivery.ts'
import type { Document } from '../../lib/runs/document.ts'
import { type Durations, withRun } from '../../lib/runs/durations/durations.ts'
import type { Lease, Store } from '../../lib/runs/ports.ts'
import type { Run } from '../../lib/runs/run.ts'
import { allPages, at, NOW, newDeadLetter, newDelivery, newRun } from './records.ts'
import { type OpenStore, plain, STORE_HOMES } from './store-homes.ts'

/** What every store does. Its lists are in list.test.ts. */
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

  const ten = Array.from({ length: 10 }, (_, index) => index)

  describe('a run', () => {
    test('is stored once, and read back as it is', async () => {
      const run = await newRun('a')
      expect(await store.create(run)).toBeUndefined()
      expect(plain(await store.create({ ...run, operation: 'another' }))).toEqual(run)
      expect(plain(await store.get(run.id))).toEqual(run)
      expect(await store.get('run_none')).toBeUndefined()
    })

    test('is created by one of ten at once, and the others get what that one wrote', async () => {
      const run = await newRun('a')
      const answers = await Promise.all(ten.map((index) => store.create({ ...run, operation: `o${index}` })))
      const won = answers.indexOf(undefined)
      const written = { ...run, operation: `o${won}` }
      expect(answers.map((answer) => answer && plain(answer))).toEqual(
        ten.map((index) => (index === won ? undefined : written)),
      )
    })

    test('is changed by one of ten at once', async () => {
      const run = await newRun('a')
      await store.create(run)
      const changes = ten.map((rearms) => changed(run, { state: 'submitting', rearms }, NOW))
      const saved = await Promise.all(changes.map((change) => store.save(change)))
      expect(saved.filter(Boolean)).toHaveLength(1)
      expect(plain(await store.get(run.id))).toEqual(changes[saved.indexOf(true)])
    })

    test('is changed from version to version only', async () => {
      const run = await newRun('a')
      await store.create(run)
      const second = changed(run, { state: 'submitting' }, NOW)
      expect(await store.save({ ...second, version: 3 })).toBe(false)
      expect(await store.save(run)).toBe(false)
      expect(await store.save(second)).toBe(true)
      expect(await store.save(second)).toBe(false)
      expect(await store.save(changed(second, { state: 'tracking' }, NOW))).toBe(true)
      expect((await store.get(run.id))?.version).toBe(3)
    })

    test('that was deleted is not brought back by a late change', async () => {
      const run = await newRun('a')
      expect(await store.save(changed(run, { state: 'submitting' }, NOW))).toBe(false)
      expect(await store.get(run.id)).toBeUndefined()
    })

    test('has 300 KB, and every kind of text', async () => {
      const text = `'; DROP TABLE runs; -- "%_\\ \n\t é 漢 😀 \u2028`
      const baseline = { large: 'x'.repeat(300_000), text, [text]: [null, true, -1.5, 9_007_199_254_740_991, {}, []] }
      const run = { ...(await newRun('a')), baseline, batchId: text }
      await store.create(run)
      expect(plain(await store.get(run.id))).toEqual(run)
      const { baseline: large, ...small } = run
      const [listed] = (await store.list({ limit: 2, batchId: text })).runs
      expect(listed).toMatchObject(small)
      // A list may leave it out, but nothing is lost if such a run is written.
      if (listed) expect(await store.save(changed(listed, { state: 'submitting' }, NOW))).toBe(true)
      expect(await store.get(run.id)).toMatchObject({ state: 'submitting', baseline })
    })

    test('has nothing of a field that is undefined', async () => {
      const run = await newRun('a')
      await store.create({ ...run, job: undefined, target: { ...run.target, account: undefined } })
      expect(Object.keys((await store.get(run.id))?.target ?? {})).toEqual(Object.keys(run.target))
      expect(Object.keys((await store.get(run.id)) ?? {})).not.toContain('job')
    })

    test('that cannot be read is a fault, and hides no other from the list', async () => {
      const [good, bad] = [await newRun('a'), await newRun('b')]
      await store.create(good)
      await store.create({ ...bad, state: 'of another release' } as never) // no state of ours
      expect((await store.list({ limit: 1 })).runs.map(({ id }) => id)).toEqual([good.id])
      await expect(store.get(bad.id)).rejects.toThrow('state')
    })
  })

  describe('runs that are due', () => {
    const dueIds = (page: { now: string; limit: number }): Promise<string[]> =>
      allPages(async (cursor) => {
        const { ids, ...more } = await store.due({ ...page, cursor })
        return { items: ids, ...more }
      })

    test('are found, most overdue first, until nothing is left to do', async () => {
      const [late, later, not] = [await newRun('a'), await newRun('b', 1_000), await newRun('c', 90_000)]
      for (const run of [later, not, late]) await store.create(run)
      expect(await store.due({ now: at(60_000), limit: 10 })).toEqual({ ids: [late.id, later.id] })
      expect((await store.due({ now: at(60_000), limit: 1 })).ids).toEqual([late.id])
      expect(await dueIds({ now: at(60_000), limit: 1 })).toEqual([late.id, later.id])
      await store.save(changed(late, { state: 'failed', notifiedAt: at(0) }, NOW))
      expect(await dueIds({ now: at(60_000), limit: 10 })).toEqual([later.id])
    })

    test('are so from the very millisecond', async () => {
      const run = await newRun('a')
      await store.create(run)
      expect(await dueIds({ now: at(29_999), limit: 2 })).toEqual([])
      expect(await dueIds({ now: at(30_000), limit: 2 })).toEqual([run.id])
    })

    test('are each found once, though all are due at the same instant', async () => {
      const runs = await Promise.all(ten.map((index) => newRun(`k${index}`)))
      for (const run of runs) await store.create(run)
      const found = await dueIds({ now: at(60_000), limit: 3 })
      expect(found.toSorted()).toEqual(runs.map(({ id }) => id).toSorted())
    })

    test('are found by whole pages, though a page is written anew before the next is read', async () => {
      const runs: Run[] = []
      for (const index of ten) runs.push(await newRun(`k${index}`, index * 1000))
      for (const run of runs) await store.create(run)
      const found = await allPages(async (cursor) => {
        const { ids, ...more } = await store.due({ now: at(60_000), limit: 3, cursor })
        for (const run of runs.filter(({ id }) => ids.includes(id))) {
          await store.save(changed(run, { state: run.state, rearms: 1 }, NOW + 60_000))
        }
        return { items: ids, ...more }
      })
      expect(found).toEqual(runs.map(({ id }) => id))
    })
  })

  describe('what another release added', () => {
    const added = { added: { deep: [1] } }

    test('to a run, or a part of it, is written again', async () => {
      const run = await newRun('a')
      const past = { ...run.progress, ...added }
      const newer = {
        ...run,
        ...added,
        source: { ...run.source, ...added },
        progress: past,
        job: { id: 'j', ...added },
      }
      await store.create(newer as Run)
      const read = await store.get(run.id)
      expect(plain(read)).toEqual(newer)
      if (read) expect(await store.save(changed(read, { state: 'submitting' }, NOW))).toBe(true)
      expect(await store.get(run.id)).toMatchObject({
        ...added,
        state: 'submitting',
        source: added,
        progress: added,
        job: added,
      })
    })

    test('to the outcome of a run is written again', async () => {
      const run = await newRun('a')
      await store.create(run)
      const error = { kind: 'busy', message: 'x', ...added }
      const holder = { runId: 'r', operation: 'o', since: at(0), ...added }
      const outcome = { summary: 'x', providerDone: true, error, holder, ...added }
      await store.save(changed(run, { state: 'failed', outcome }, NOW))
      const ended = await store.get(run.id)
      if (ended) await store.save(changed(ended, { state: 'failed', notifiedAt: at(1) }, NOW))
      expect(await store.get(run.id)).toMatchObject({ version: 3, outcome })
    })

    test('to a lease, or a part of it, is written again', async () => {
      const resource = 'huawei/dcs/a'
      const holder = { runId: 'r', operation: 'o', since: at(0), ...added }
      const rest = { since: at(0), seenAt: at(1), looks: 2, ...added }
      const history = [{ id: 'p', operation: 'o', state: 'succeeded', sentAt: at(0), endedAt: at(1), ...added }]
      const lease = { resource, holder, until: at(0), rest, waiting: [], history, version: 1, ...added }
      await store.saveLease(lease as Lease)
      const read = await store.getLease(resource)
      expect(plain(read)).toEqual(lease)
      if (read) expect(await store.saveLease({ ...read, version: 2 })).toBe(true)
      expect(plain(await store.getLease(resource))).toEqual({ ...lease, version: 2 })
    })

    test('to a dead letter is written again', async () => {
      const deadLetter = { ...newDeadLetter('m1'), ...added }
      await store.createDeadLetter(deadLetter)
      const read = await store.getDeadLetter('m1')
      if (read) expect(await store.saveDeadLetter({ ...read, sentBackAt: at(1) })).toBe(true)
      expect(plain(await store.getDeadLetter('m1'))).toEqual({ ...deadLetter, sentBackAt: at(1) })
    })
  })

  describe('a lease', () => {
    const lease = (runId: string, version: number): Lease => ({
      resource: 'huawei/dcs/2e803f66-fbb0-47ad-b6cb-fb87f5bed4ef',
      holder: { runId, operation: 'dcs.instance.restart', since: at(0) },
      until: at(60_000),
      waiting: ['run_b', 'run_a'],
      version,
    })
    const { resource } = lease('', 0)

    test('that nobody ever asked for is not there', async () => {
      expect(await store.getLease(resource)).toBeUndefined()
      expect(await store.saveLease(lease('one', 2))).toBe(false)
      expect(await store.getLease(resource)).toBeUndefined()
    })

    test('reads as it was written, with all that it may have', async () => {
      const past = { id: 'run_c', operation: 'x', state: 'succeeded', sentAt: at(0), endedAt: at(1) } as const
      const notice = { key: 'k', reason: 'x', opensAt: at(9), claimedAt: at(1), toldAt: at(2) }
      const written: Lease = {
        ...lease('one', 1),
        rest: { since: at(5), seenAt: at(6), looks: 3 },
        history: [past],
        attempts: [{ id: 'run_c', rule: 'r', at: at(0) }],
        notices: [notice],
        clearances: [{ at: at(3), by: 'me', reason: 'y', runs: ['run_c'] }],
      }
      await store.saveLease(written)
      expect(plain(await store.getLease(resource))).toEqual(written)
      await store.saveLease({ resource, until: at(0), waiting: [], version: 2 })
      expect(plain(await store.getLease(resource))).toEqual({ resource, until: at(0), waiting: [], version: 2 })
    })

    test('of release 0.4.0 that was seen at rest has one observation', async () => {
      const rest = { since: at(5), seenAt: at(6) }
      await store.saveLease({ ...lease('one', 1), rest } as Lease)
      expect((await store.getLease(resource))?.rest).toEqual({ ...rest, looks: 1 })
    })

    test('is first taken by one of ten', async () => {
      const saved = await Promise.all(ten.map((index) => store.saveLease(lease(`r${index}`, 1))))
      expect(saved.filter(Boolean)).toHaveLength(1)
      expect((await store.getLease(resource))?.holder?.runId).toBe(`r${saved.indexOf(true)}`)
    })

    test('changes from version to version, each by one of ten', async () => {
      await store.saveLease(lease('one', 1))
      const saved = await Promise.all(ten.map((index) => store.saveLease(lease(`r${index}`, 2))))
      expect(saved.filter(Boolean)).toHaveLength(1)
      expect(await store.saveLease(lease('four', 2))).toBe(false)
      expect(await store.saveLease(lease('four', 4))).toBe(false)
      expect(plain(await store.getLease(resource))).toEqual(lease(`r${saved.indexOf(true)}`, 2))
    })

    test('is no run: neither listed nor due', async () => {
      await store.saveLease(lease('one', 1))
      expect(await store.list({ limit: 10 })).toEqual({ runs: [] })
      expect(await store.due({ now: at(1e9), limit: 10 })).toEqual({ ids: [] })
    })
  })

  describe('a dead letter', () => {
    test('that nobody kept is not there', async () => {
      expect(await store.getDeadLetter('m1')).toBeUndefined()
      expect(await store.saveDeadLetter(newDeadLetter('m1'))).toBe(false)
      expect(await store.getDeadLetter('m1')).toBeUndefined()
    })

    test('is kept once, by one of ten, and reads as it was written', async () => {
      const known = await Promise.all(ten.map((ms) => store.createDeadLetter(newDeadLetter('m1', ms))))
      expect(known.filter((one) => one === undefined)).toHaveLength(1)
      const kept = await store.getDeadLetter('m1')
      expect(plain(kept)).toEqual(newDeadLetter('m1', known.indexOf(undefined)))
      expect(await store.createDeadLetter(newDeadLetter('m1'))).toEqual(kept)
    })

    test('is marked when it was sent back', async () => {
      await store.createDeadLetter(newDeadLetter('m1'))
      expect(await store.saveDeadLetter({ ...newDeadLetter('m1'), sentBackAt: at(5) })).toBe(true)
      expect(plain(await store.getDeadLetter('m1'))).toEqual({ ...newDeadLetter('m1'), sentBackAt: at(5) })
    })

    test('has room for all that it may have', async () => {
      const runIds = Array.from({ length: 50 }, (_, index) => `run_${String(index).padStart(32, '0')}`)
      const most = { runIds, body: 'x'.repeat(350_000), cutFromBytes: 1_048_576, sentBackAt: at(5) }
      await store.createDeadLetter({ ...newDeadLetter('m1'), ...most })
      expect(plain(await store.getDeadLetter('m1'))).toEqual({ ...newDeadLetter('m1'), ...most })
    })

    test('is no run: neither listed nor due', async () => {
      await store.createDeadLetter(newDeadLetter('m1'))
      expect(await store.list({ limit: 10 })).toEqual({ runs: [] })
      expect(await store.due({ now: at(1e9), limit: 10 })).toEqual({ ids: [] })
    })
  })

  describe('the record of a delivery', () => {
    const record = (result: object): Delivery => newDelivery('dlv_1', [{ subject: 'OPS-1', ...result }])
    const started = record({ runs: ['r1'] })
    const joined = record({ runs: ['r2'] })
    const ignored = record({ ignored: 'older than a day' })
    const refused = record({ refused: 'it cannot be read' })

    test.for<[string, Delivery, Delivery, Delivery]>([
      ['that names no runs is replaced by one that does', ignored, started, started],
      ['that names no runs is replaced by one that names none', ignored, refused, refused],
      ['that names runs is replaced by one that does', started, joined, joined],
      ['that names runs is not replaced by one that names none', started, ignored, started],
    ])('%s', async ([, first, second, expected]) => {
      await store.keepDelivery(first)
      await store.keepDelivery(second)
      expect(await store.getDelivery('dlv_1')).toEqual(expected)
    })

    test('that nobody kept is not there', async () => {
      expect(await store.getDelivery('dlv_1')).toBeUndefined()
    })
  })

  describe('the durations of runs', () => {
    const durations = (runs: number, version = 1, key = 'emr.service.restart/8-batches'): Durations => ({
      ...{ key, runs, weights: { 96: 0.5, 147: runs }, version, expiresAtSeconds: NOW / 1000 + 1 },
    })
    const { key } = durations(0)

    test('of which none ended are not there, and begin with version 1', async () => {
      expect(await store.getDurations(key)).toBeUndefined()
      expect(await store.saveDurations(durations(1, 2))).toBe(false)
      expect(await store.getDurations(key)).toBeUndefined()
      expect(await store.saveDurations(durations(1))).toBe(true)
      expect(plain(await store.getDurations(key))).toEqual(plain(durations(1)))
    })

    test('are created once, by one of ten at once', async () => {
      const saved = await Promise.all(ten.map((index) => store.saveDurations(durations(index))))
      expect(saved.filter(Boolean)).toHaveLength(1)
      expect(plain(await store.getDurations(key))).toEqual(plain(durations(saved.indexOf(true))))
      expect(await store.saveDurations(durations(99))).toBe(false)
    })

    test('change from version to version, each by one of ten', async () => {
      await store.saveDurations(durations(1))
      const saved = await Promise.all(ten.map((index) => store.saveDurations(durations(index, 2))))
      expect(saved.filter(Boolean)).toHaveLength(1)
      expect(await store.saveDurations(durations(99, 2))).toBe(false)
      expect(await store.saveDurations(durations(99, 4))).toBe(false)
      expect(plain(await store.getDurations(key))).toEqual(plain(durations(saved.indexOf(true), 2)))
      expect(await store.saveDurations(durations(99, 3))).toBe(true)
    })

    test('of another kind are others, and what a run adds is written over what was read', async () => {
      await store.saveDurations(durations(1, 1, 'dcs.instance.swap'))
      await store.saveDurations(durations(2))
      const run = { key, at: at(0), span: { from: 64, until: 65 }, counted: 1 }
      expect(await store.saveDurations(withRun(await store.getDurations(key), run))).toBe(true)
      expect(plain(await store.getDurations(key))).toEqual({
        ...{ key, runs: 3, version: 2, weights: { 96: 1.4902, 147: 1.9608 } },
      })
      expect(plain(await store.getDurations('dcs.instance.swap'))).toEqual(plain(durations(1, 1, 'dcs.instance.swap')))
    })

    test('are no run: neither listed nor due, and no lease', async () => {
      await store.saveDurations(durations(1))
      expect(await store.list({ limit: 10 })).toEqual({ runs: [] })
      expect(await store.due({ now: at(1e9), limit: 10 })).toEqual({ ids: [] })
      expect([await store.getLease(key), await store.get(key)]).toEqual([undefined, undefined])
    })
  })

  describe('a document', () => {
    const episode = (id: string, more: Partial<Document> = {}): Document => ({
      ...{ id, kind: 'episode', createdAt: at(0), version: 1, expiresAtSeconds: NOW / 1000 + 3, ...more },
    })
    const idsDue = (now: string, limit = 2): Promise<string[]> =>
      allPages(async (cursor) => {
        const { ids, ...more } = await store.dueDocuments({ now, limit, cursor })
        return { items: ids, ...more }
      })
    const idsListed = (listedAs: string[], limit = 2): Promise<string[]> =>
      allPages(async (cursor) => {
        const { documents, ...more } = await store.listDocuments({ kind: 'episode', listedAs, limit, cursor })
        return { items: documents.map(({ id }) => id), ...more }
      })

    test('that nobody made is not there, and begins with version 1', async () => {
      expect(await store.getDocument('ep_1')).toBeUndefined()
      expect(await store.saveDocument(episode('ep_1', { version: 2 }))).toBe(false)
      expect(await store.saveDocument(episode('ep_1', { rule: 'r', rungs: [{ at: 1 }] } as object))).toBe(true)
      expect(await store.getDocument('ep_1')).toMatchObject({ ...episode('ep_1'), rule: 'r', rungs: [{ at: 1 }] })
    })

    test('is made once, and changes from version to version, each by one of ten', async () => {
      for (const version of [1, 2, 3]) {
        const saved = await Promise.all(ten.map((by) => store.saveDocument(episode('ep_1', { version, by } as object))))
        expect(saved.filter(Boolean)).toHaveLength(1)
        expect(await store.getDocument('ep_1')).toMatchObject({ version, by: saved.indexOf(true) })
      }
      expect(await store.saveDocument(episode('ep_1', { version: 5 }))).toBe(false)
    })

    test('is due as long as it says so, most overdue first', async () => {
      for (const [id, ms] of [
        ['b', 2],
        ['c', 3],
        ['a', 1],
        ['d', 9],
      ] as const) {
        await store.saveDocument(episode(id, { dueAt: at(ms) }))
      }
      await store.saveDocument(episode('not'))
      expect(await idsDue(at(3))).toEqual(['a', 'b', 'c'])
      await store.saveDocument(episode('b', { version: 2 }))
      expect(await idsDue(at(3))).toEqual(['a', 'c'])
      expect(await store.due({ now: at(1e9), limit: 10 })).toEqual({ ids: [] })
    })

    test('is listed newest first, by its word', async () => {
      for (const [id, ms, listedAs] of [
        ['a', 1, 'open'],
        ['b', 2, 'closed'],
        ['c', 3, 'open'],
        ['d', 4, 'open'],
      ] as const) {
        await store.saveDocument(episode(id, { createdAt: at(ms), listedAs }))
      }
      await store.saveDocument(episode('not'))
      await store.saveDocument(episode('g', { kind: 'guard', listedAs: 'open' }))
      expect(await idsListed(['open'])).toEqual(['d', 'c', 'a'])
      expect(await idsListed(['open', 'closed'])).toEqual(['d', 'c', 'b', 'a'])
      await store.saveDocument(episode('c', { createdAt: at(3), version: 2, listedAs: 'closed' }))
      expect(await idsListed(['closed'])).toEqual(['c', 'b'])
      expect(await store.list({ limit: 10 })).toEqual({ runs: [] })
    })
  })

  test('the last sweep is the one that was noted last', async () => {
    expect(await store.lastSweep()).toBeUndefined()
    for (const ms of [2, 1]) await store.noteSweep(at(ms))
    expect(await store.lastSweep()).toBe(at(1))
  })

  test('everything says when it may be deleted', async () => {
    const run = await newRun('a')
    await store.create(run)
    await store.saveLease({ resource: 'r', until: at(1), waiting: [], version: 1 })
    await store.createDeadLetter(newDeadLetter('m1'))
    await store.keepDelivery(newDelivery('dlv_1'))
    await store.noteSweep(at(0))
    await store.saveDurations({ key: 'k', runs: 1, weights: {}, version: 1, expiresAtSeconds: NOW / 1000 + 2 })
    await store.saveDocument({ id: 'd', kind: 'guard', createdAt: at(0), version: 1, expiresAtSeconds: NOW / 1000 + 3 })
    const seconds = NOW / 1000
    expect(await opened.expiries()).toEqual({
      run: run.expiresAtSeconds,
      lease: seconds + 7 * 86_400 + 1,
      letter: seconds + 90 * 86_400,
      delivery: seconds + 1,
      sweep: seconds + 7 * 86_400,
      durations: seconds + 2,
      guard: seconds + 3,
    })
    await store.saveLease({ resource: 'r', until: at(5_000), waiting: [], version: 2 })
    expect(await opened.expiries()).toMatchObject({ lease: seconds + 7 * 86_400 + 5 })
  })
})
