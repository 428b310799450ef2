import type { RecordPorts } from '../../runs/ports.ts'
import { DELIVERY_ID, listedReceivedViewOf, receivedViewOf } from '../../runs/received.ts'
import { notFound } from './errors.ts'
import { type HttpEvent, type HttpResult, json, readQuery } from './http.ts'
import { DeliveriesQuery } from './parameters.ts'

/** `GET /deliveries`. */
export async function listDeliveries({ store }: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const { deliveries, cursor } = await store.listReceived(readQuery(DeliveriesQuery, event.queryStringParameters))
  return json(200, { deliveries: deliveries.map(listedReceivedViewOf), ...(cursor ? { cursor } : {}) })
}

/** `GET /deliveries/{id}`. */
export async function getDelivery({ store }: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const id = event.pathParameters?.id ?? ''
  const received = DELIVERY_ID.test(id) ? await store.getReceived(id) : undefined
  if (!received) throw notFound('delivery', id, '; they are kept for 90 days')
  return json(200, receivedViewOf(received))
}
