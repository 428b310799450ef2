import type { Database } from './database.ts'

/** The statements of the queues, prepared once. */
export function queueStatements({ prepare }: Pick<Database, 'prepare'>) {
  return {
    send: prepare(
      'send',
      `INSERT INTO messages (id, queue, body, visible_at, created_at)
       VALUES (:id, :queue, :body, :visibleAtMs, :nowMs)`,
    ),
    /** The message keeps its id, which becomes the dead letter's. */
    deadLetter: prepare(
      'dead-letter messages',
      `UPDATE messages SET queue = :deadLetters, visible_at = :nowMs, receive_count = 0
       WHERE queue = :queue AND visible_at <= :nowMs AND receive_count >= :maxReceives`,
    ),
    visible: prepare<{ id: string; body: string; receives: number; sentAtMs: number }>(
      'receive',
      `SELECT id, body, receive_count + 1 AS receives, created_at AS sentAtMs FROM messages
       WHERE queue = :queue AND visible_at <= :nowMs ORDER BY visible_at, rowid LIMIT :max`,
    ),
    claim: prepare(
      'receive',
      'UPDATE messages SET receive_count = receive_count + 1, visible_at = :visibleAtMs WHERE id = :id',
    ),
    remove: prepare('remove message', 'DELETE FROM messages WHERE id = :id'),
    release: prepare(
      'release message',
      'UPDATE messages SET visible_at = :atMs WHERE id = :id AND receive_count = :receives',
    ),
    releaseAll: prepare(
      'release messages',
      'UPDATE messages SET visible_at = :nowMs WHERE receive_count > 0 AND visible_at > :nowMs',
    ),
    next: prepare<{ visibleAtMs: number | null }>(
      'find next message',
      'SELECT min(visible_at) AS visibleAtMs FROM messages WHERE queue = :queue',
    ),
  }
}
