import { jsonOf } from '../../basics/json-of.ts'
import { DeadLetter } from '../../runs/dead-letter.ts'
import type { Store } from '../../runs/ports.ts'
import { deadLetterExpiresAtSeconds } from '../../runs/retention.ts'
import type { Database, Values } from './database.ts'
import { type ListedRow, listRecords, PAGED } from './list.ts'

export function sqliteDeadLetters({
  prepare,
}: Pick<Database, 'prepare'>): Pick<
  Store,
  'getDeadLetter' | 'createDeadLetter' | 'saveDeadLetter' | 'listDeadLetters'
> {
  const get = prepare<{ record: string }>('read dead letter', 'SELECT record FROM dead_letters WHERE id = :id')
  const create = prepare(
    'create dead letter',
    `INSERT INTO dead_letters (id, record, expires_at) VALUES (:id, :record, :expiresAt) ON CONFLICT (id) DO NOTHING`,
  )
  const save = prepare(
    'save dead letter',
    'UPDATE dead_letters SET record = :record, expires_at = :expiresAt WHERE id = :id',
  )
  const list = prepare<ListedRow>(
    'list dead letters',
    `SELECT id, created_at AS createdAt, record FROM dead_letters WHERE ${PAGED}`,
  )

  const getDeadLetter = async (messageId: string): Promise<DeadLetter | undefined> => {
    const row = get.get({ id: messageId })
    return row && DeadLetter.parse(jsonOf(row.record))
  }

  return {
    getDeadLetter,
    createDeadLetter: async (deadLetter) => {
      const isCreated = (await create.write(valuesOf(deadLetter))) === 1
      return isCreated ? undefined : await getDeadLetter(deadLetter.messageId)
    },
    saveDeadLetter: async (deadLetter) => (await save.write(valuesOf(deadLetter))) === 1,
    listDeadLetters: async (page) => {
      // Cursors of earlier releases name this kind.
      const query = { kind: 'letter', ...page }
      const { items, ...more } = listRecords(list, query, (record) => DeadLetter.safeParse(record).data)
      return { deadLetters: items, ...more }
    },
  }
}

function valuesOf(deadLetter: DeadLetter): Values {
  return {
    id: deadLetter.messageId,
    record: JSON.stringify(deadLetter),
    expiresAt: deadLetterExpiresAtSeconds(deadLetter),
  }
}
