import { deliveryViewOf, listedDeliveryViewOf } from '../deliveries/delivery.ts'
import { type Unauthentic, unauthenticViewOf } from '../deliveries/unauthentic.ts'
import { DELIVERY_ID } from '../runs/delivery.ts'
import type { Page, RecordPorts } from '../runs/ports.ts'
import { deprecated } from './http/deprecated.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http/http.ts'
import { DeliveriesQuery, OldDeliveriesQuery } from './parameters.ts'
import { notFound } from './problems/errors.ts'

/** The ports of the routes for deliveries. */
export interface DeliveryPorts extends Pick<RecordPorts, 'store'> {
  listUnauthentic(
    page: Page & { source?: string | undefined },
  ): Promise<{ unauthentic: Unauthentic[]; cursor?: string }>
}

/** `GET /deliveries`. The form of 0.x, with `?unauthentic=true`, answers for one release. */
export async function listDeliveries(ports: DeliveryPorts, event: HttpEvent): Promise<HttpResult> {
  const { unauthentic, ...page } = readQuery(OldDeliveriesQuery, event.queryStringParameters)
  if (unauthentic) return deprecated(await unauthenticPage(ports, page), 'unauthentic-deliveries')
  const { deliveries, cursor } = await ports.store.listDeliveries(page)
  return jsonResult(200, { deliveries: deliveries.map(listedDeliveryViewOf), ...(cursor ? { cursor } : {}) })
}

/** `GET /unauthentic-deliveries`: daily counts. */
export async function listUnauthenticDeliveries(ports: DeliveryPorts, event: HttpEvent): Promise<HttpResult> {
  return unauthenticPage(ports, readQuery(DeliveriesQuery, event.queryStringParameters))
}

async function unauthenticPage(
  { listUnauthentic }: DeliveryPorts,
  page: Parameters<DeliveryPorts['listUnauthentic']>[0],
): Promise<HttpResult> {
  const counted = await listUnauthentic(page)
  return jsonResult(200, { ...counted, unauthentic: counted.unauthentic.map(unauthenticViewOf) })
}

/** `GET /deliveries/{id}`. */
export async function getDelivery({ store }: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const id = event.pathParameters?.id ?? ''
  const delivery = DELIVERY_ID.test(id) ? await store.getDelivery(id) : undefined
  if (!delivery) throw notFound('delivery', id, '; deliveries are kept for 90 days')
  return jsonResult(200, deliveryViewOf(delivery))
}
