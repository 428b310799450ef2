import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../lib/local/sqlite/database.ts'
import { sqliteOutcomes } from '../../lib/local/sqlite/outcomes.ts'
import { sqliteStore } from '../../lib/local/sqlite/store.ts'
import { startSweeper } from '../../lib/local/sweeper.ts'
import type { Time } from '../../lib/local/time.ts'
import { requestRefusedEvent } from '../../lib/notify/events.ts'
import type { RecordPorts } from '../../lib/runs/ports.ts'
import { ORIGIN } from '../notify/origin.ts'
import { temporaryFolder } from './sqlite/folder.ts'

let database: Database
let discard: () => void
beforeEach(() => {
  const { folder, discard: remove } = temporaryFolder()
  discard = remove
  database = openDatabase(folder)
})
afterEach(() => {
  database.close()
  discard()
})

test('a sweep that fails says so, and what is over is deleted all the same', async () => {
  const outcomes = sqliteOutcomes(database)
  const event = requestRefusedEvent(
    { source: 'jira', key: 'k', subject: 's', reason: 'r', at: '2020-01-01T00:00:00.000Z' },
    ORIGIN,
  )
  await database.write('keep', () => outcomes.keep(event))
  const lines: string[] = []
  const time: Time = { clock: () => Date.parse('2026-01-01T00:00:00Z'), sleep: () => new Promise(setImmediate) }
  const store = sqliteStore(database)
  const ports = {
    store: {
      ...store,
      due: async () => {
        throw new Error('disk full')
      },
    },
    clock: time.clock,
    log: (_level, message, fields) => lines.push(`${message}: ${fields.error}`),
  } as Pick<RecordPorts, 'store' | 'clock' | 'log'> as RecordPorts // all that a sweep that finds nothing uses
  const stop = startSweeper(ports, database, time)
  await expect.poll(() => outcomes.all()).toEqual([])
  await stop()
  expect(new Set(lines)).toEqual(new Set(['sweep failed: Error: disk full']))
})
