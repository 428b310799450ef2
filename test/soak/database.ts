import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** What the file of the database has, when nobody uses it any more. */
export interface Kept {
  /** Records of the outcomes. */
  outcomes: string[]
  /** What is wrong with it, by SQLite itself. */
  damages: string[]
}

/** Opened as a start after a crash would: what stands in the log of writes belongs to it. */
export function readDatabase(dataDir: string): Kept {
  const database = new DatabaseSync(join(dataDir, 'steadyhand.db'))
  try {
    const texts = (sql: string): string[] =>
      database
        .prepare(sql)
        .all()
        .map(({ text }) => String(text))
    // https://www.sqlite.org/pragma.html#pragma_integrity_check
    const found = texts('SELECT integrity_check AS text FROM pragma_integrity_check')
    return { outcomes: texts('SELECT record AS text FROM outcomes'), damages: found.filter((one) => one !== 'ok') }
  } finally {
    database.close()
  }
}
