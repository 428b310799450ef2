import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../../../lib/local/sqlite/database.ts'
import { sqliteQueue } from '../../../lib/local/sqlite/queue.ts'
import { sqliteStore } from '../../../lib/local/sqlite/store.ts'
import { startChild } from './child.ts'
import { temporaryFolder } from './folder.ts'

let folder: string
let discard: () => void

beforeEach(() => {
  const temporary = temporaryFolder()
  folder = temporary.folder
  discard = temporary.discard
})

afterEach(() => discard())

test.for([1, 2, 50, 301])('everything that was acknowledged is there after a kill at line %d', async (count) => {
  const child = startChild('write', folder)
  const [opened, ...lines] = await child.lines(1 + count)
  child.kill()
  // It wrote until it was killed.
  lines.push(...(await child.lines(Number.POSITIVE_INFINITY)))
  expect([opened, await child.ended]).toEqual(['opened', null])

  const versions = new Map<string, string>()
  const sent: string[] = []
  for (const [id = '', what = ''] of lines.map((line) => line.split(' '))) {
    if (what === 'sent') sent.push(id)
    else versions.set(id, what)
  }
  const database = openDatabase(folder)
  const [store, queue] = [sqliteStore(database), sqliteQueue(database, Date.now, () => {})]
  for (const [id, version] of versions) expect((await store.get(id))?.version).toBeGreaterThanOrEqual(Number(version))
  const messages = await queue.receive('polls', { max: 1e6, nowMs: Date.now(), visibilityMs: 1000 })
  const received = messages.map(({ body }) => JSON.parse(body).runId)
  // One more may have been written, but not printed.
  expect(received.slice(0, sent.length)).toEqual(sent)
  expect(received.length - sent.length).toBeLessThanOrEqual(1)
  database.close()
})
