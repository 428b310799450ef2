import { expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../lib/local/sqlite/database.ts'
import { carryOutRuns, type Fact } from './engine.ts'
import { temporaryFolder } from './folder.ts'
import { type Files, filesOf, lostAfter, syncedBytes, tornWrites } from './power-cut.ts'
import { commitEnds, LOG_HEADER_BYTES } from './wal.ts'

/** A fact, and how much of the log was on disk when it became one. */
type Noted = Fact & { syncedBytes: number }

async function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const { folder, discard } = temporaryFolder()
  const database = openDatabase(folder)
  try {
    return await work(database)
  } finally {
    database.close()
    discard()
  }
}

async function factsOf(database: Database, key: string): Promise<Noted[]> {
  const facts: Noted[] = []
  await carryOutRuns(database, key, (fact) => facts.push({ ...fact, syncedBytes: syncedBytes(database) }))
  return facts
}

/**
 * The facts lost by a power cut between two commits.
 * @param before the content of the log's file
 * @param from bytes of it that were synced before the first of these commits
 */
async function lostAtEachCommit({ database, log }: Files, facts: Noted[], before: Buffer = Buffer.alloc(0), from = 0) {
  const lost = new Set<string>()
  const ends = [from, ...commitEnds(log)]
  for (const [index, end] of ends.entries()) {
    const known = facts.filter((fact) => fact.syncedBytes <= end)
    for (const torn of tornWrites(log, before, end, ends[index + 1] ?? end)) {
      for (const { kind } of await lostAfter({ database, log: torn }, known)) lost.add(kind)
    }
  }
  return lost
}

const KINDS = ['accepted', 'reached the cloud', 'told']

test.for([
  { synchronous: 'as it is opened', loses: 'nothing', lost: [] },
  // Shows that this test can fail.
  { synchronous: 'NORMAL', loses: 'some', lost: KINDS },
])(
  'a power cut at any commit loses $loses of what was known outside, synchronous $synchronous',
  ({ synchronous, lost }) =>
    withDatabase(async (database) => {
      if (lost.length > 0) database.prepare('set', `PRAGMA synchronous = ${synchronous}`).run()
      const facts = await factsOf(database, 'a')
      expect(new Set(facts.map(({ kind }) => kind))).toEqual(new Set(KINDS))
      const files = filesOf(database)
      expect(await lostAtEachCommit(files, facts)).toEqual(new Set(lost))
    }),
)

test('a power cut while the log is copied to the database, and when it begins anew, loses nothing', () =>
  withDatabase(async (database) => {
    database.prepare('set', 'PRAGMA wal_autocheckpoint = 0').run()
    const facts = await factsOf(database, 'a')
    const before = filesOf(database)
    database.prepare<object>('copy the log', 'PRAGMA wal_checkpoint').get()
    const after = filesOf(database)
    expect(after.database.length).toBeGreaterThan(before.database.length)
    for (const torn of tornWrites(after.database, before.database, 0, after.database.length)) {
      expect(await lostAfter({ database: torn, log: before.log }, facts)).toEqual([])
    }

    const isOld = facts.map((fact) => ({ ...fact, syncedBytes: 0 }))
    const more = [...isOld, ...(await factsOf(database, 'b'))]
    const anew = filesOf(database)
    // Its header is synced by itself: from then on, the bytes behind it belong to another log.
    expect(anew.log.subarray(0, LOG_HEADER_BYTES)).not.toEqual(after.log.subarray(0, LOG_HEADER_BYTES))
    expect(anew.database).toEqual(after.database)
    expect(await lostAtEachCommit(anew, more, after.log, LOG_HEADER_BYTES)).toEqual(new Set())
  }))
