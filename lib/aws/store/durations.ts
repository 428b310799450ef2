import { Durations } from '../../runs/durations/durations.ts'
import type { Store } from '../../runs/ports.ts'
import { type DynamoTable, itemsOf } from './table.ts'

/** The durations of runs in DynamoDB: one item for each kind of run. */
export function durationStore(table: DynamoTable): Pick<Store, 'getDurations' | 'saveDurations'> {
  const { read, put } = itemsOf(table)
  return {
    getDurations: async (key) => {
      const item = await read(durationsId(key))
      return item && Durations.parse(item)
    },
    saveDurations: (durations) => {
      const item = { ...durations, id: durationsId(durations.key), kind: 'durations' }
      return durations.version === 1
        ? put(item, 'attribute_not_exists(id)')
        : put(item, 'version = :before', { ':before': durations.version - 1 })
    },
  }
}

function durationsId(key: string): string {
  return `durations:${key}`
}
