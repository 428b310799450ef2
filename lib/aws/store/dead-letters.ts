import { DeadLetter } from '../../runs/dead-letter.ts'
import type { Store } from '../../runs/ports.ts'
import { deadLetterExpiresAtSeconds } from '../../runs/retention.ts'
import { listItems } from '../list.ts'
import { shardOf, withoutKeys } from './shards.ts'
import { type DynamoTable, type Item, itemsOf } from './table.ts'

/** The stored kind of dead letters. All releases share it. */
const KIND = 'letter'

/** Dead letters in DynamoDB. */
export function deadLetterStore(
  table: DynamoTable,
): Pick<Store, 'getDeadLetter' | 'createDeadLetter' | 'saveDeadLetter' | 'listDeadLetters'> {
  const { read, put } = itemsOf(table)

  const getDeadLetter = async (messageId: string): Promise<DeadLetter | undefined> => {
    const item = await read(itemId(messageId))
    return item && DeadLetter.parse(withoutKeys(item))
  }

  return {
    getDeadLetter,
    createDeadLetter: async (deadLetter) =>
      (await put(itemOf(deadLetter), 'attribute_not_exists(id)'))
        ? undefined
        : await getDeadLetter(deadLetter.messageId),
    saveDeadLetter: (deadLetter) => put(itemOf(deadLetter), 'attribute_exists(id)'),
    listDeadLetters: async (page) => {
      const query = { kind: KIND, ...page }
      const { items, ...more } = await listItems(table, query, {
        parse: (item) => DeadLetter.safeParse(withoutKeys(item)).data,
      })
      return { deadLetters: items, ...more }
    },
  }
}

function itemId(messageId: string): string {
  return `${KIND}:${messageId}`
}

function itemOf(deadLetter: DeadLetter): Item {
  const expiresAtSeconds = deadLetterExpiresAtSeconds(deadLetter)
  const id = itemId(deadLetter.messageId)
  // Lists order by `createdAt`.
  return { ...deadLetter, id, kind: KIND, listShard: shardOf(KIND, id), createdAt: deadLetter.at, expiresAtSeconds }
}
