import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { LocalQueueName } from '../../lib/local/sqlite/queue.ts'
import { DeadLetter } from '../../lib/runs/dead-letter.ts'
import { deadLetterExpiresAtSeconds } from '../../lib/runs/retention.ts'
import type { HomeMachine } from './home.ts'

interface DatabaseBeside {
  store: HomeMachine['store']
  /** It is noticed when its queue is looked at next. */
  putMessage(message: { id: string; queue: LocalQueueName; body: string; nowMs: number }): void
  everything(): string
  close(): void
}

/** What one commit of the machine takes at most is far less. */
const BUSY_MS = 10_000

/** The database of a machine that runs in this process, over a connection of the test's own. */
export function openBeside(dataDir: string): DatabaseBeside {
  const database = new DatabaseSync(join(dataDir, 'steadyhand.db'), { timeout: BUSY_MS })
  const run = database.prepare('INSERT INTO runs (id, record) VALUES (:id, :record)')
  const letter = database.prepare('INSERT INTO dead_letters (id, record, expires_at) VALUES (:id, :record, :expiresAt)')
  const letterOf = database.prepare('SELECT record FROM dead_letters WHERE id = :id')
  const document = database.prepare('INSERT INTO documents (id, record) VALUES (:id, :record)')
  const message = database.prepare(
    'INSERT INTO messages (id, queue, visible_at, created_at, body) VALUES (:id, :queue, :nowMs, :nowMs, :body)',
  )
  return {
    store: {
      create: async (created) => {
        run.run({ id: created.id, record: JSON.stringify(created) })
        return undefined
      },
      saveDocument: async (saved) => {
        document.run({ id: saved.id, record: JSON.stringify(saved) })
        return true
      },
      createDeadLetter: async (kept) => {
        letter.run({ id: kept.messageId, record: JSON.stringify(kept), expiresAt: deadLetterExpiresAtSeconds(kept) })
        return undefined
      },
      getDeadLetter: async (id) => {
        const row = letterOf.get({ id })
        return row && DeadLetter.parse(JSON.parse(String(row.record)))
      },
    },
    putMessage: (put) => void message.run(put),
    everything: () => {
      const tables = database.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`).all()
      const rows = tables.flatMap(({ name }) => database.prepare(`SELECT * FROM ${name}`).all())
      return rows.map((row) => JSON.stringify(row)).join('\n')
    },
    close: () => database.close(),
  }
}
