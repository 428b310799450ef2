import type { RecordPorts } from '../../runs/ports.ts'
import { DELIVERY_ID, listedReceivedViewOf, receivedViewOf } from '../../runs/received.ts'
import { DeliveryQuery, type HttpEvent, type HttpResult, json, readQuery } from './http.ts'
import { NotFoundError } from './problem.ts'

/** `GET /deliveries`. */
export async function listDeliveries({ store }: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const { deliveries, cursor } = await store.listReceived(readQuery(DeliveryQuery, event.queryStringParameters))
  return json(200, { deliveries: deliveries.map(listedReceivedViewOf), ...(cursor ? { cursor } : {}) })
}

/** `GET /deliveries/{id}`. */
export async function getDelivery({ store }: RecordPorts, event: HttpEvent): Promise<HttpResult> {
  const id = event.pathParameters?.id ?? ''
  const received = DELIVERY_ID.test(id) ? await store.getReceived(id) : undefined
  if (!received) {
    throw new NotFoundError(`there is no delivery ${JSON.stringify(id.slice(0, 64))}; they are kept for 90 days`)
  }
  return json(200, receivedViewOf(received))
}
