import type { DatabaseSync } from 'node:sqlite'
import { namedFailure } from './database-error.ts'
import { inSavepoint, inTransaction } from './transaction.ts'

export interface GroupCommit {
  /**
   * Runs `work` together with everything else asked for in the same turn of the event loop: one transaction, one sync of
   * the disk. Works run in the order in which they were asked for, and see what earlier ones wrote. A work that throws is
   * undone alone. A work must be synchronous and must not call `write` itself.
   * @returns the work's result, once it is on disk. Rejects where the work threw or the transaction failed. Nothing of a
   *   failed transaction is kept, though after a disk error a restart may find it all the same
   */
  write<T>(operation: string, work: () => T): Promise<T>
  /** Commits everything pending; later writes are rejected. */
  close(): void
}

/** Works of one commit: some 10 ms, in which the process does nothing else. */
const MAX_WORKS = 200

interface Pending {
  operation: string
  /** Does the work. @returns a function that hands over its result */
  work: () => () => void
  reject: (error: unknown) => void
}

const REFUSALS = {
  writing: 'not from within another write',
  closed: 'the database is closed',
}

export function groupCommit(connection: DatabaseSync, path: string): GroupCommit {
  let state: 'open' | keyof typeof REFUSALS = 'open'
  let pending: Pending[] = []

  const refuse = (operation: string, when: keyof typeof REFUSALS): void => {
    if (state === when) throw new Error(`${operation}: ${path}: ${REFUSALS[when]}`)
  }

  const writeSome = (): void => {
    const group = pending.slice(0, MAX_WORKS)
    pending = pending.slice(MAX_WORKS)
    if (group.length === 0) return // `close` was faster
    if (pending.length > 0) setImmediate(writeSome)
    state = 'writing'
    commit(connection, path, group)
    state = 'open'
  }

  return {
    write: async <T>(operation: string, work: () => T) => {
      refuse(operation, 'writing')
      refuse(operation, 'closed')
      const { promise, one } = pendingOf(operation, work)
      if (pending.push(one) === 1) setImmediate(writeSome)
      return promise
    },
    close: () => {
      refuse('close', 'writing')
      while (pending.length > 0) writeSome()
      state = 'closed'
    },
  }
}

function pendingOf<T>(operation: string, work: () => T): { promise: Promise<T>; one: Pending } {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const one: Pending = {
    operation,
    work: () => {
      const result = work()
      return () => resolve(result)
    },
    reject,
  }
  return { promise, one }
}

/** Results are handed over only after the commit has returned. */
function commit(connection: DatabaseSync, path: string, group: Pending[]): void {
  try {
    const results = inTransaction(connection, () => group.map(({ work }) => inSavepoint(connection, work)))
    for (const [index, one] of results.entries()) {
      if ('result' in one) one.result()
      else group[index]?.reject(one.error)
    }
  } catch (error) {
    for (const { operation, reject } of group) reject(namedFailure(operation, path, error))
  }
}
