import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documents } from '../../lib/aws/store.ts'
import { dynamoUnauthentic } from '../../lib/aws/unauthentic.ts'
import type { Unauthentic } from '../../lib/deliveries/unauthentic.ts'
import { openDatabase } from '../../lib/local/sqlite/database.ts'
import { type SqliteUnauthentic, sqliteUnauthentic } from '../../lib/local/sqlite/unauthentic.ts'
import { startTables } from '../aws/tables.ts'
import { temporaryFolder } from '../local/sqlite/folder.ts'
import { allPages } from './records.ts'

interface Home {
  name: string
  start(): Promise<{ open(): Promise<SqliteUnauthentic>; stop(): void }>
}

const HOMES: Home[] = [
  {
    name: 'SQLite',
    start: async () => {
      const closers: (() => void)[] = []
      return {
        open: async () => {
          const { folder, discard } = temporaryFolder()
          const database = openDatabase(folder)
          closers.push(() => database.close(), discard)
          return sqliteUnauthentic(database)
        },
        stop: () => {
          for (const close of closers) close()
        },
      }
    },
  },
  {
    name: 'DynamoDB',
    start: async () => {
      const { client, create, stop } = await startTables()
      return {
        open: async () => dynamoUnauthentic({ RUNS_TABLE: await create(), TABLE_STEP: '4' }, documents(client)),
        stop,
      }
    },
  },
]

const count = (source: string, day: string, version = 1): Unauthentic => ({
  ...{ id: `unauthentic:${source}:${day}`, kind: 'unauthentic', source, day, count: version, version },
  ...{ lastAt: `${day}T01:00:00.000Z`, lastFrom: '192.0.2.1', lastReason: 'no signature' },
  createdAt: `${day}T00:00:00.000Z`,
  expiresAtSeconds: 4_000_000_000,
})

describe.for(HOMES)('counts of what is not authentic, on $name', ({ start }) => {
  let home: Awaited<ReturnType<Home['start']>>
  beforeAll(async () => {
    home = await start()
  })
  afterAll(() => home.stop())

  test('one of many writers is first, and none writes over another', async () => {
    const table = await home.open()
    const first = count('github', '2026-01-01')
    const writes = await Promise.all(Array.from({ length: 10 }, () => table.save(first)))
    expect(writes.filter(Boolean)).toHaveLength(1)
    const second = count('github', '2026-01-01', 2)
    expect([await table.save(second), await table.save(second), await table.save(first)]).toEqual([true, false, false])
    expect(await table.get(first.id)).toEqual(second)
    expect(await table.get('unauthentic:jira:2026-01-01')).toBe(undefined)
  })

  test('they are listed by day, the newest first, a page at a time, and by source', async () => {
    const table = await home.open()
    const days = ['2026-01-01', '2026-01-02', '2026-01-03']
    for (const day of days) for (const source of ['github', 'jira']) await table.save(count(source, day))
    const listed = (source?: string) =>
      allPages(async (cursor) => {
        const { unauthentic, ...more } = await table.list({ limit: 2, cursor, source })
        return { items: unauthentic, ...more }
      })
    expect((await listed()).map(({ day }) => day)).toEqual(days.flatMap((day) => [day, day]).reverse())
    expect((await listed('jira')).map(({ source, day }) => `${source} ${day}`)).toEqual(
      days.map((day) => `jira ${day}`).reverse(),
    )
  })
})
