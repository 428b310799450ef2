import { Delivery, namesRuns } from '../../runs/delivery.ts'
import type { Store } from '../../runs/ports.ts'
import { listItems } from '../list.ts'
import { deliveryOfThisRelease } from '../release-04.ts'
import { shardOf } from './shards.ts'
import { type DynamoTable, type Item, itemsOf } from './table.ts'

const KIND = 'delivery'

/** Deliveries in DynamoDB. */
export function deliveryStore(table: DynamoTable): Pick<Store, 'keepDelivery' | 'getDelivery' | 'listDeliveries'> {
  const { read, put, replace } = itemsOf(table)
  return {
    // A delivery that names runs is not replaced by a repeat that names none.
    keepDelivery: async (delivery) =>
      namesRuns(delivery)
        ? replace({ ...itemOf(delivery), hasRuns: true })
        : void (await put(itemOf(delivery), 'attribute_not_exists(hasRuns)')),
    getDelivery: async (id) => {
      const item = await read(id)
      return item && Delivery.parse(deliveryOfThisRelease(item))
    },
    listDeliveries: async ({ source, ...page }) => {
      const where = source === undefined ? [] : [{ paths: ['source'], attribute: 'sourceName', anyOf: [source] }]
      const query = { kind: KIND, where, ...page }
      const { items, ...more } = await listItems(table, query, {
        parse: (item) => Delivery.safeParse(deliveryOfThisRelease(item)).data,
      })
      return { deliveries: items, ...more }
    },
  }
}

function itemOf(delivery: Delivery): Item {
  return { ...delivery, listShard: shardOf(KIND, delivery.id), sourceName: delivery.source }
}
