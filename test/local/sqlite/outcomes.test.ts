import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../lib/local/sqlite/database.ts'
import { expirer } from '../../../lib/local/sqlite/expire.ts'
import { type Outcomes, sqliteOutcomes } from '../../../lib/local/sqlite/outcomes.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import { runEndedEvent } from '../../../lib/notify/events.ts'
import type { Store } from '../../../lib/runs/ports.ts'
import type { Run } from '../../../lib/runs/run.ts'
import { ORIGIN } from '../../notify/origin.ts'
import { at, newRun } from '../../ports/records.ts'
import { temporaryFolder } from './folder.ts'

/** A run's end and its notification are written in one transaction: neither exists without the other. */

let database: Database
let outcomes: Outcomes
let store: Store
let discard: () => void
beforeEach(() => {
  const { folder, discard: remove } = temporaryFolder()
  discard = remove
  database = openDatabase(folder)
  outcomes = sqliteOutcomes(database)
  store = sqliteStore(database, (run) => outcomes.keep(runEndedEvent(run, ORIGIN)))
})
afterEach(() => {
  database.close()
  discard()
})

const live = async (): Promise<Run> => {
  const run = await newRun('one')
  await store.create(run)
  return run
}
const ended = (run: Run, more: Partial<Run> = {}): Run => ({
  ...run,
  state: 'succeeded',
  version: run.version + 1,
  endedAt: at(1000),
  outcome: { summary: 'done', providerDone: true },
  ...more,
})

test('the end of a run is kept once, whoever ends it', async () => {
  const run = await live()
  expect(outcomes.all()).toEqual([])
  const saved = await Promise.all([store.save(ended(run)), store.save(ended(run, { endedAt: at(2000) }))])
  expect(saved).toEqual([true, false])
  expect(outcomes.all()).toMatchObject([{ id: `${run.id}/succeeded`, time: at(1000) }])
})

test('what is kept stays as it was when it is noted that people were told', async () => {
  const run = await live()
  await store.save(ended(run))
  const before = outcomes.all()
  await store.save(ended(run, { version: run.version + 2, notifiedAt: at(3000) }))
  expect(outcomes.all()).toEqual(before)
})

test('a run whose outcome cannot be kept has not ended', async () => {
  const failing = sqliteStore(database, () => {
    throw new Error('disk full')
  })
  const run = await live()
  await expect(failing.save(ended(run))).rejects.toThrow('disk full')
  expect([(await store.get(run.id))?.state, outcomes.all()]).toEqual(['queued', []])
})

test('an outcome goes when its time is over, 90 days later', async () => {
  const run = await live()
  await store.save(ended(run))
  const day = 24 * 3600 * 1000
  const expire = expirer(database)
  await expire(Date.parse(at(89 * day)))
  expect(outcomes.all()).toHaveLength(1)
  await expire(Date.parse(at(91 * day)))
  expect(outcomes.all()).toEqual([])
})
