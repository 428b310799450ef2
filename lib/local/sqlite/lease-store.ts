import { jsonOf } from '../../basics/json-of.ts'
import { LeaseRecord } from '../../runs/lease/lease-record.ts'
import type { Store } from '../../runs/ports.ts'
import { leaseExpiresAtSeconds } from '../../runs/retention.ts'
import type { Database } from './database.ts'

export function sqliteLeases({ prepare }: Pick<Database, 'prepare'>): Pick<Store, 'getLease' | 'saveLease'> {
  const get = prepare<{ record: string }>('read lease', 'SELECT record FROM leases WHERE resource = :resource')
  const create = prepare(
    'create lease',
    `INSERT INTO leases (resource, record, expires_at) VALUES (:resource, :record, :expiresAt)
     ON CONFLICT (resource) DO NOTHING`,
  )
  const save = prepare(
    'save lease',
    `UPDATE leases SET record = :record, expires_at = :expiresAt WHERE resource = :resource AND version = :before`,
  )
  return {
    getLease: async (resource) => {
      const row = get.get({ resource })
      return row && LeaseRecord.parse(jsonOf(row.record))
    },
    saveLease: async (lease) => {
      const { resource, version } = lease
      const values = { resource, record: JSON.stringify(lease), expiresAt: leaseExpiresAtSeconds(lease) }
      const saved = version === 1 ? create.write(values) : save.write({ ...values, before: version - 1 })
      return (await saved) === 1
    },
  }
}
