import { world } from '../current.ts'
import { hold, isSpared, type Life, MACHINE } from './life.ts'
import { sqliteError, type Watch } from './watch.ts'

/** What goes wrong where the process writes to its file. */
export interface Trouble extends Pick<Watch, 'before'> {
  /** Something was committed. */
  after(): void
}

interface Written {
  living: () => Life
  die: (why: string) => void
  isInTransaction: () => boolean
}

/** SQLite waits so long for a lock, and the whole process with it: `BUSY_MS` of lib/local/sqlite/database.ts. */
const BUSY_MS = 1_000

/** Another program has the file for so long, at most. */
const LONGEST_LOCK_MS = 20_000

/** Of the writes to a full disk so many fail: where something was deleted before, there is room. */
const FULL = 0.7

/** https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5
const SQLITE_FULL = 13

export function createTrouble({ living, die, isInTransaction }: Written): Trouble {
  let lockedUntil = 0

  const dies = (when: 'before' | 'after', what: string): boolean => {
    if (isSpared(living()) || !world().faults.happens(`worker dies ${when} a request`)) return false
    die(what)
    return true
  }

  const isLocked = (): boolean => {
    const { faults, clock } = world()
    if (clock.now() < lockedUntil) {
      faults.meet('table file locked')
      return true
    }
    if (isSpared(living()) || !faults.happens('table file locked')) return false
    lockedUntil = clock.now() + 1 + Math.floor(faults.measure() ** 2 * LONGEST_LOCK_MS)
    return true
  }

  return {
    before: (what) => {
      const life = living()
      const { clock, faults, hangs } = world()
      const isWithin = what === 'commit' || (what === 'write' && isInTransaction())
      if (isWithin && dies('before', 'dies within a transaction')) throw new Error('the process is gone')
      if (!isWithin && isLocked()) {
        hold(life, clock.now() + BUSY_MS)
        throw sqliteError(SQLITE_BUSY, 'database is locked')
      }
      if (what !== 'begin' && hangs.now('table') && faults.measure(MACHINE) < FULL)
        throw sqliteError(SQLITE_FULL, 'database or disk is full')
    },
    after: () => void dies('after', 'dies after a commit'),
  }
}
