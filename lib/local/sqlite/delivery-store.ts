import { jsonOf } from '../../basics/json-of.ts'
import { Delivery, namesRuns } from '../../runs/delivery.ts'
import type { Store } from '../../runs/ports.ts'
import type { Database } from './database.ts'
import { type ListedRow, listRecords, PAGED } from './list.ts'

export function sqliteDeliveries({
  prepare,
}: Pick<Database, 'prepare'>): Pick<Store, 'getDelivery' | 'keepDelivery' | 'listDeliveries'> {
  const get = prepare<{ record: string }>('read delivery', 'SELECT record FROM deliveries WHERE id = :id')
  // A delivery that names runs is not replaced by one that names none.
  const keep = prepare(
    'keep delivery',
    `INSERT INTO deliveries (id, record, names_runs) VALUES (:id, :record, :namesRuns)
     ON CONFLICT (id) DO UPDATE SET record = excluded.record, names_runs = excluded.names_runs
     WHERE excluded.names_runs OR NOT deliveries.names_runs`,
  )
  const list = prepare<ListedRow>(
    'list deliveries',
    `SELECT id, created_at AS createdAt, record FROM deliveries
     WHERE (:source IS NULL OR source = :source) AND ${PAGED}`,
  )
  return {
    keepDelivery: async (delivery) => {
      const values = { id: delivery.id, record: JSON.stringify(delivery), namesRuns: Number(namesRuns(delivery)) }
      await keep.write(values)
    },
    getDelivery: async (id) => {
      const row = get.get({ id })
      return row && Delivery.parse(jsonOf(row.record))
    },
    listDeliveries: async ({ source, ...page }) => {
      const query = { kind: 'delivery', ...page, filter: { source: source ?? null } }
      const { items, ...more } = listRecords(list, query, (record) => Delivery.safeParse(record).data)
      return { deliveries: items, ...more }
    },
  }
}
