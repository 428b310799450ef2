import { expect, test } from 'vitest'
import { openDatabase } from '../../../lib/local/sqlite/database.ts'
import { expirer } from '../../../lib/local/sqlite/expire.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import { at, NOW, newDeadLetter, newDelivery, newRun } from '../../ports/records.ts'
import { temporaryFolder } from './folder.ts'

const DAY_MS = 86_400_000

function openStore() {
  const { folder, discard } = temporaryFolder()
  const database = openDatabase(folder)
  const close = (): void => {
    database.close()
    discard()
  }
  return { store: sqliteStore(database), expire: expirer(database), close }
}

test('each record is deleted when its time is over, and not before', async () => {
  const { store, expire, close } = openStore()
  const run = await newRun('a')
  await store.create(run)
  await store.saveLease({ resource: 'r', until: at(0), waiting: [], version: 1 })
  await store.createDeadLetter(newDeadLetter('m1'))
  await store.keepDelivery(newDelivery('dlv_1'))
  await store.noteSweep(at(0))
  const left = async () => ({
    run: (await store.get(run.id)) !== undefined,
    lease: (await store.getLease('r')) !== undefined,
    letter: (await store.getDeadLetter('m1')) !== undefined,
    delivery: (await store.getDelivery('dlv_1')) !== undefined,
    sweep: (await store.lastSweep()) !== undefined,
  })
  const all = { run: true, lease: true, letter: true, delivery: true, sweep: true }
  expect([await expire(NOW + 1000), await left()]).toEqual([0, all])
  expect([await expire(NOW + 2000), await left()]).toEqual([1, { ...all, delivery: false }])
  expect(await expire(NOW + 7 * DAY_MS)).toBe(0)
  expect(await expire(NOW + 7 * DAY_MS + 1000)).toBe(2)
  expect(await left()).toEqual({ run: true, lease: false, letter: true, delivery: false, sweep: false })
  expect(await expire(Math.max(run.expiresAtSeconds * 1000, NOW + 90 * DAY_MS) + 1000)).toBe(2)
  expect(await left()).toEqual({ run: false, lease: false, letter: false, delivery: false, sweep: false })
  close()
})

test('many are deleted some at a time, the oldest first', async () => {
  const { store, expire, close } = openStore()
  const resources = Array.from({ length: 450 }, (_, index) => `r${index}`)
  const minute = (index: number): string => at(index * 60_000)
  await Promise.all(
    resources.map((resource, index) => store.saveLease({ resource, until: minute(index), waiting: [], version: 1 })),
  )
  const left = async (): Promise<string[]> => {
    const leases = await Promise.all(resources.map((resource) => store.getLease(resource)))
    return leases.flatMap((lease) => lease?.resource ?? [])
  }
  const observed: Promise<string[]>[] = []
  const watch = (): void => {
    observed.push(left())
    if (observed.length < 3) setImmediate(watch)
  }
  const expired = expire(NOW + 30 * DAY_MS)
  setImmediate(watch)
  expect(await expired).toBe(450)
  expect(await Promise.all(observed)).toEqual([resources.slice(200), resources.slice(400), []])
  close()
})

test('a lease that is asked for again lives on', async () => {
  const { store, expire, close } = openStore()
  await store.saveLease({ resource: 'r', until: at(0), waiting: [], version: 1 })
  await store.saveLease({ resource: 'r', until: at(DAY_MS), waiting: [], version: 2 })
  expect(await expire(NOW + 8 * DAY_MS)).toBe(0)
  expect(await expire(NOW + 8 * DAY_MS + 1000)).toBe(1)
  close()
})
