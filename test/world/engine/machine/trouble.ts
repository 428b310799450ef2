import { world } from '../current.ts'
import type { FaultKind } from '../faults.ts'
import { hold, isSpared, type Life, MACHINE } from './life.ts'
import { sqliteError, type Watch } from './watch.ts'

interface Written {
  isInTransaction: boolean
  /** Undoes all of the transaction. */
  undo: () => void
}

/** What goes wrong where a process writes to its file. */
export interface Trouble {
  /** @throws what SQLite would throw */
  before(what: Parameters<Watch['before']>[0], life: Life, file: Written): void
  /** Something was committed. */
  after(life: Life): void
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

/** @param meet it befalls all who write now */
export function createTrouble(meet: (kind: FaultKind) => void): Trouble {
  let lockedUntil = 0

  const dies = (life: Life, when: 'before' | 'after', what: string): boolean => {
    if (isSpared(life) || !world().faults.happens(`worker dies ${when} a request`)) return false
    life.die(what)
    return true
  }

  const isLocked = (life: Life): boolean => {
    const { faults, clock } = world()
    if (clock.now() < lockedUntil) {
      faults.meet('table file locked')
      return true
    }
    if (isSpared(life) || !faults.happens('table file locked')) return false
    lockedUntil = clock.now() + 1 + Math.floor(faults.measure() ** 2 * LONGEST_LOCK_MS)
    return true
  }

  return {
    before: (what, life, { isInTransaction, undo }) => {
      if (life.isOver) throw new Error('the process is gone')
      const { clock, faults, hangs } = world()
      const isWithin = what === 'commit' || (what === 'write' && isInTransaction)
      if (isWithin && dies(life, 'before', 'dies within a transaction')) throw new Error('the process is gone')
      if (!isWithin && isLocked(life)) {
        hold(life, clock.now() + BUSY_MS)
        meet('table file locked')
        throw sqliteError(SQLITE_BUSY, 'database is locked')
      }
      if (what === 'begin' || !hangs.now('table') || faults.measure(MACHINE) >= FULL) return
      meet('table disk full')
      // It may have undone all of the transaction itself, or nothing.
      if (isInTransaction && faults.measure(MACHINE) < 0.5) undo()
      throw sqliteError(SQLITE_FULL, 'database or disk is full')
    },
    after: (life) => void dies(life, 'after', 'dies after a commit'),
  }
}
