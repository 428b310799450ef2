import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../../../lib/local/sqlite/database.ts'
import { world } from '../current.ts'
import { FOLDER } from '../log.ts'
import { type Raw, unwatchFile, type Watch, watchFile } from './watch.ts'

/** In memory, where the system has such a place: SQLite does there all that it does on a disk, and a sync costs nothing. */
const ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const FILE = 'steadyhand.db'

/** The disk of one machine, with the real database of `lib/local/sqlite` on it. */
export interface Disk {
  /** Opens the file as it was left, or as the crash left it. @throws where it cannot be opened */
  open(watch: Omit<Watch, 'opened'>): Database
  /**
   * The process is gone, in the middle of whatever it does. What it had written is found again; where the machine lost its
   * power, only what it had synced.
   */
  crash(losesPower: boolean): void
  /** Undefined before the first opening. */
  raw(): Raw | undefined
  discard(): void
}

export function createDisk(): Disk {
  const root = mkdtempSync(join(ROOT, FOLDER))
  let [folder, left, crashes] = [join(root, '0'), join(root, '0'), 0]
  let raw: Raw | undefined
  let database: Database | undefined

  const close = (): void => {
    database?.close()
    database = undefined
    unwatchFile(join(folder, FILE))
  }

  return {
    raw: () => raw,
    open: (watch) => {
      const before = database && raw && rowsIn(raw)
      close()
      if (folder !== left) rmSync(folder, { recursive: true, force: true })
      folder = left
      const opened = (one: Raw): void => {
        raw = one
      }
      watchFile(join(folder, FILE), { ...watch, opened })
      try {
        database = openDatabase(folder)
      } catch (error) {
        raw = undefined
        throw error
      }
      if (before !== undefined && raw && rowsIn(raw) !== before)
        world().witness.broken('what was committed is there after a crash', differenceOf(before, rowsIn(raw)))
      return database
    },
    crash: (losesPower) => {
      crashes++
      left = join(root, String(crashes))
      const isSynced = raw && syncsEachCommit(raw)
      mkdirSync(left)
      for (const file of readdirSync(folder)) {
        if (!file.startsWith(FILE) || file.endsWith('-shm')) continue
        // What is not synced commit by commit is in the log only, until a checkpoint syncs all.
        if (losesPower && !isSynced && file.endsWith('-wal')) continue
        copyFileSync(join(folder, file), join(left, file))
      }
    },
    discard: () => {
      close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** https://www.sqlite.org/pragma.html#pragma_synchronous */
function syncsEachCommit({ get }: Raw): boolean {
  return Number(get('PRAGMA synchronous')?.synchronous) >= 2
}

/** Every row of every table: one line a row. */
function rowsIn({ all }: Raw): string {
  const tables = all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").map(({ name }) =>
    String(name),
  )
  const rows = tables.flatMap((table) => all(`SELECT * FROM ${table} ORDER BY rowid`).map((row) => ({ table, ...row })))
  return rows.map((row) => JSON.stringify(row)).join('\n')
}

function differenceOf(before: string, after: string): string {
  const [was, is] = [before.split('\n'), after.split('\n')]
  const lost = was.filter((row) => !is.includes(row))
  return `of ${was.length} rows ${lost.length} are lost or older, ${is.length} are there: ${(lost[0] ?? '').slice(0, 200)}`
}
