import { deliveryViewOf, listedDeliveryViewOf } from '../deliveries/delivery.ts'
import { type Unauthentic, unauthenticViewOf } from '../deliveries/unauthentic.ts'
import { DELIVERY_ID } from '../runs/delivery.ts'
import type { Page, RecordPorts } from '../runs/ports.ts'
import { notFound } from './errors.ts'
import { type HttpEvent, type HttpResult, json, readQuery } from './http.ts'
import { DeliveriesQuery } from './parameters.ts'

/** What the route needs beside records. */
export interface DeliveryPorts extends Pick<RecordPorts, 'store'> {
  listUnauthentic(
    page: Page & { source?: string | undefined },
  ): Promise<{ unauthentic: Unauthentic[]; cursor?: string }>
}

/** `GET /deliveries`; with `?unauthentic=true` the counts of what was not authentic. */
export async function listDeliveries(ports: DeliveryPorts, event: HttpEvent): Promise<HttpResult> {
  const { unauthentic, ...page } = readQuery(DeliveriesQuery, event.queryStringParameters)
  if (unauthentic === 'true') {
    const counted = await ports.listUnauthentic(page)
    return json(200, { ...counted, unauthentic: counted.unauthentic.map(unauthenticViewOf) })
  }
  const { deliveries, cursor } = await ports.store.listDeliveries(page)
  return json(200, { deliveries: deliveries.map(listedDeliveryViewOf), ...(cursor ? { cursor } : {}) })
}

/** `GET /deliveries/{id}`. */
export async function getDelivery({ store }: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const id = event.pathParameters?.id ?? ''
  const received = DELIVERY_ID.test(id) ? await store.getDelivery(id) : undefined
  if (!received) throw notFound('delivery', id, '; they are kept for 90 days')
  return json(200, deliveryViewOf(received))
}
