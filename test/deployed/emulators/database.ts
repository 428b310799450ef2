import { createRequire } from 'node:module'
import * as z from 'zod'

interface Database {
  open(): Promise<void>
  close(): Promise<void>
  iterator(range: { gte: string; lt: string }): AsyncIterable<[key: string, value: string]>
  del(key: string): Promise<void>
}

/**
 * Opens dynalite's LevelDB once before it does: it would hang on one that is locked, and never get over a table that a
 * killed process left half made.
 */
export async function checkDatabase(path: string): Promise<void> {
  const require = createRequire(import.meta.url)
  // Untyped from here: `level` is a dependency of dynalite, not ours.
  const { Level } = createRequire(require.resolve('dynalite'))('level') as { Level: new (path: string) => Database }
  const database = new Level(path)
  try {
    await database.open()
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } }
    const locked = cause?.code === 'LEVEL_LOCKED'
    throw new Error(`open ${path}: ${locked ? 'another process is using it' : 'cannot be opened'}`, { cause: error })
  }
  await forgetHalfMadeTables(database)
  await database.close()
}

const Table = z.object({ TableStatus: z.string() })

/** For a moment a new table is CREATING, until a timer of the process that makes it; it holds nothing before that. */
async function forgetHalfMadeTables(database: Database): Promise<void> {
  for await (const [key, value] of database.iterator({ gte: 'table~', lt: 'table~~' })) {
    if (Table.parse(JSON.parse(value)).TableStatus === 'CREATING') await database.del(key)
  }
}
