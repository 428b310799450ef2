import { jsonOf } from '../../basics/json-of.ts'
import { Durations } from '../../runs/durations/durations.ts'
import type { Store } from '../../runs/ports.ts'
import type { Database } from './database.ts'

export function sqliteDurations({ prepare }: Pick<Database, 'prepare'>): Pick<Store, 'getDurations' | 'saveDurations'> {
  const get = prepare<{ record: string }>('read durations', 'SELECT record FROM durations WHERE key = :key')
  const create = prepare(
    'create durations',
    'INSERT INTO durations (record) VALUES (:record) ON CONFLICT (key) DO NOTHING',
  )
  const save = prepare('save durations', 'UPDATE durations SET record = :record WHERE key = :key AND version = :before')
  return {
    getDurations: async (key) => {
      const row = get.get({ key })
      return row && Durations.parse(jsonOf(row.record))
    },
    saveDurations: async (durations) => {
      const { key, version } = durations
      const record = JSON.stringify(durations)
      return (await (version === 1 ? create.write({ record }) : save.write({ record, key, before: version - 1 }))) === 1
    },
  }
}
