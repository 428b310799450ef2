import { Delivery, namesRuns } from '../../runs/delivery.ts'
import type { Store } from '../../runs/ports.ts'
import { listItems } from '../list.ts'
import { deliveryOfThisRelease } from '../release-04.ts'
import { type DynamoTable, itemsOf } from './table.ts'

/** Deliveries in DynamoDB. */
export function deliveryStore(table: DynamoTable): Pick<Store, 'keepDelivery' | 'getDelivery' | 'listDeliveries'> {
  const { read, put, replace } = itemsOf(table)
  return {
    // A delivery that names runs is not replaced by a repeat that names none.
    keepDelivery: async (delivery) =>
      namesRuns(delivery)
        ? replace({ ...delivery, hasRuns: true })
        : void (await put(delivery, 'attribute_not_exists(hasRuns)')),
    getDelivery: async (id) => {
      const item = await read(id)
      return item && Delivery.parse(deliveryOfThisRelease(item))
    },
    listDeliveries: async ({ source, ...page }) => {
      const where = source === undefined ? [] : [{ paths: ['source'], anyOf: [source] }]
      const query = { kind: 'delivery', where, ...page }
      const parse = (item: Record<string, unknown>) => Delivery.safeParse(deliveryOfThisRelease(item)).data
      const { items, ...more } = await listItems(table, query, parse)
      return { deliveries: items, ...more }
    },
  }
}
