import type { Mutant } from '../mutant.ts'

const ON_SQLITE = { home: 'sqlite' } as const

/** The process dies, its disk is full, its file is locked: nothing else goes wrong. */
const OF_MACHINE = { home: 'sqlite', theme: 'machine', harm: 1 } as const

/** Guards of the store and the queues on SQLite. */
export const OF_SQLITE: readonly Mutant[] = [
  {
    name: 'on SQLite, a change of a run is not conditional on its version',
    rewrites: [
      {
        file: 'lib/local/sqlite/run-store.ts',
        find: "'UPDATE runs SET record = :record WHERE id = :id AND version = :before'",
        replace: "'UPDATE runs SET record = :record WHERE id = :id AND version < :before + 1000'",
      },
    ],
    kind: ON_SQLITE,
  },
  {
    name: 'on SQLite, a run that is there is replaced by a new one',
    rewrites: [
      {
        file: 'lib/local/sqlite/run-store.ts',
        find: 'INSERT INTO runs (id, record) VALUES (:id, :record) ON CONFLICT (id) DO NOTHING',
        replace:
          'INSERT INTO runs (id, record) VALUES (:id, :record) ON CONFLICT (id) DO UPDATE SET record = excluded.record',
      },
    ],
    kind: ON_SQLITE,
  },
  {
    name: 'on SQLite, a change of a lease is not conditional on its version',
    rewrites: [
      {
        file: 'lib/local/sqlite/lease-store.ts',
        find: 'WHERE resource = :resource AND version = :before',
        replace: 'WHERE resource = :resource AND version < :before + 1000',
      },
    ],
    kind: { ...ON_SQLITE, scenes: ['rush'] },
  },
  {
    name: 'on SQLite, the first taking of a lease is not conditional',
    rewrites: [
      {
        file: 'lib/local/sqlite/lease-store.ts',
        find: 'ON CONFLICT (resource) DO NOTHING',
        replace: 'ON CONFLICT (resource) DO UPDATE SET record = excluded.record',
      },
    ],
    kind: { ...ON_SQLITE, scenes: ['rush'] },
  },
  {
    name: 'on SQLite, a commit returns before it is on disk',
    rewrites: [
      {
        file: 'lib/local/sqlite/database.ts',
        find: 'PRAGMA synchronous = FULL',
        replace: 'PRAGMA synchronous = NORMAL',
      },
    ],
    kind: OF_MACHINE,
  },
  {
    name: 'on SQLite, a transaction that failed stays open',
    rewrites: [
      {
        file: 'lib/local/sqlite/transaction.ts',
        find: "if (connection.isTransaction) connection.exec('ROLLBACK')",
        replace: '',
      },
    ],
    kind: OF_MACHINE,
  },
  {
    name: 'on SQLite, a message is received though somebody has it',
    rewrites: [
      {
        file: 'lib/local/sqlite/queue-statements.ts',
        find: 'receive_count = receive_count + 1, visible_at = :visibleAtMs',
        replace: 'receive_count = receive_count + 1, visible_at = min(visible_at, :visibleAtMs)',
      },
    ],
    kind: ON_SQLITE,
  },
  {
    name: 'on SQLite, a message is received before its time',
    rewrites: [
      {
        file: 'lib/local/sqlite/queue.ts',
        find: 'visibleAtMs: nowMs + delaySeconds * 1000',
        replace: 'visibleAtMs: nowMs + delaySeconds * 0',
      },
    ],
    kind: ON_SQLITE,
  },
  {
    name: 'on SQLite, whatever is in a queue is received',
    rewrites: [
      {
        file: 'lib/local/sqlite/queue-statements.ts',
        find: 'visible_at <= :nowMs ORDER BY',
        replace: 'visible_at <= :nowMs * 2 ORDER BY',
      },
    ],
    kind: ON_SQLITE,
  },
  {
    name: 'on SQLite, a message that was handled is not removed',
    rewrites: [
      {
        file: 'lib/local/sqlite/queue-statements.ts',
        find: 'DELETE FROM messages WHERE id = :id',
        replace: 'DELETE FROM messages WHERE id = :id AND receive_count < 0',
      },
    ],
    // All of them go round for ever: the fewer, the sooner it is seen.
    kind: { ...ON_SQLITE, theme: 'nothing', plain: true },
  },
  {
    name: 'on SQLite, a message that came too often goes where nobody looks',
    rewrites: [
      {
        file: 'lib/local/sqlite/queue-statements.ts',
        find: 'UPDATE messages SET queue = :deadLetters,',
        replace: "UPDATE messages SET queue = :deadLetters || '?',",
      },
    ],
    kind: OF_MACHINE,
  },
  {
    name: 'on SQLite, what the last process had in hand waits for its time-out',
    rewrites: [
      {
        file: 'lib/local/sqlite/queue-statements.ts',
        find: 'WHERE receive_count > 0 AND visible_at > :nowMs',
        replace: 'WHERE receive_count < 0 AND visible_at > :nowMs',
      },
    ],
    kind: OF_MACHINE,
  },
  {
    name: 'on SQLite, a start takes nothing back',
    rewrites: [{ file: 'lib/local/sweeper.ts', find: 'await queue.releaseAll(nowMs)', replace: '' }],
    kind: OF_MACHINE,
  },
  {
    name: 'on SQLite, a start brings no run on',
    rewrites: [{ file: 'lib/local/sweeper.ts', find: 'await resume(ports, nowMs + TIMEOUT_MS)', replace: '' }],
    kind: OF_MACHINE,
  },
  {
    name: 'on SQLite, a message that failed is removed',
    rewrites: [
      {
        file: 'lib/local/workers.ts',
        find: "log('error', 'message failed', { messageId: id, queue: reader.queue, receives, error: String(error) })",
        replace:
          "log('error', 'message failed', { messageId: id, queue: reader.queue, receives, error: String(error) })\n    await queue.remove([id]).catch(() => {})",
      },
    ],
    kind: ON_SQLITE,
  },
  {
    name: 'on SQLite, what is asked for is answered before it is committed',
    rewrites: [
      {
        file: 'lib/local/sqlite/group-commit.ts',
        find: 'group.map(({ work }) => inSavepoint(connection, work)))',
        replace:
          "group.map(({ work }) => inSavepoint(connection, work)).map((one) => ('result' in one ? (one.result(), one) : one)))",
      },
    ],
    kind: OF_MACHINE,
  },
  {
    name: 'on SQLite, what people are told is not written with the end',
    rewrites: [
      {
        file: 'lib/local/sqlite/run-store.ts',
        find: 'if (isSaved && isFinal(run.state) && !run.notifiedAt) onEnd(run)',
        replace: '',
      },
    ],
    kind: ON_SQLITE,
  },
  {
    name: 'on SQLite, what is due next is found late',
    rewrites: [
      {
        file: 'lib/local/sqlite/queue-statements.ts',
        find: 'SELECT min(visible_at) AS visibleAtMs',
        replace: 'SELECT max(visible_at) AS visibleAtMs',
      },
    ],
    kind: ON_SQLITE,
  },
  {
    name: 'on SQLite, what is overdue is not found',
    rewrites: [
      {
        file: 'lib/local/sqlite/run-store.ts',
        find: 'SELECT id, due_at AS dueAt FROM runs WHERE due_at <= :now',
        replace: 'SELECT id, due_at AS dueAt FROM runs WHERE due_at > :now',
      },
    ],
    kind: OF_MACHINE,
  },
  {
    name: 'on SQLite, records go before their time',
    rewrites: [
      { file: 'lib/local/sqlite/expire.ts', find: 'WHERE expires_at < :now', replace: 'WHERE expires_at > :now' },
    ],
    kind: ON_SQLITE,
  },
]
