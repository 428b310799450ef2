import { deliveryViewOf, listedDeliveryViewOf } from '../deliveries/delivery.ts'
import { type Unauthentic, unauthenticViewOf } from '../deliveries/unauthentic.ts'
import { DELIVERY_ID } from '../runs/delivery.ts'
import type { Page, RecordPorts } from '../runs/ports.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http/http.ts'
import { DeliveriesQuery } from './parameters.ts'
import { notFound } from './problems/errors.ts'

/** The ports of the routes for deliveries. */
export interface DeliveryPorts extends Pick<RecordPorts, 'store'> {
  listUnauthentic(
    page: Page & { source?: string | undefined },
  ): Promise<{ unauthentic: Unauthentic[]; cursor?: string }>
}

/** `GET /deliveries`. */
export async function listDeliveries(ports: DeliveryPorts, event: HttpEvent): Promise<HttpResult> {
  const { deliveries, cursor } = await ports.store.listDeliveries(
    readQuery(DeliveriesQuery, event.queryStringParameters),
  )
  return jsonResult(200, { deliveries: deliveries.map(listedDeliveryViewOf), ...(cursor ? { cursor } : {}) })
}

/** `GET /unauthentic-deliveries`: daily counts. */
export async function listUnauthenticDeliveries(ports: DeliveryPorts, event: HttpEvent): Promise<HttpResult> {
  const counted = await ports.listUnauthentic(readQuery(DeliveriesQuery, event.queryStringParameters))
  return jsonResult(200, { ...counted, unauthentic: counted.unauthentic.map(unauthenticViewOf) })
}

/** `GET /deliveries/{id}`. */
export async function getDelivery({ store }: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const id = event.pathParameters?.id ?? ''
  const delivery = DELIVERY_ID.test(id) ? await store.getDelivery(id) : undefined
  if (!delivery) throw notFound('delivery', id, '; deliveries are kept for 90 days')
  return jsonResult(200, deliveryViewOf(delivery))
}
