import { createHash } from 'node:crypto'
import type * as z from 'zod'
import { Delivery, type Result } from '../runs/delivery.ts'

/**
 * By what the record of a delivery is known: by what is signed of it, for whoever has caught one delivery can send it again
 * under any header that is not. `body`: the bytes. `id and body`: the sender's id is signed beside the body (Standard
 * Webhooks). `id`: it is signed, and stands in the body, not all of which is (SMN).
 */
export type IdentifiedBy = 'body' | 'id and body' | 'id'

/** What came in. */
export interface Incoming {
  source: string
  /** The sender's own id of it. */
  deliveryId?: string | undefined
  body: Uint8Array
  identifiedBy: IdentifiedBy
}

/** What a sender delivers again has the same id of ours. Where no id is signed, or none is given, the body counts. */
export function deliveryIdOf({ source, deliveryId = '', body, identifiedBy }: Incoming): string {
  const hash = createHash('sha256').update(`${source}\n${identifiedBy === 'body' ? '' : deliveryId}\n`)
  if (identifiedBy !== 'id' || deliveryId === '') hash.update(body)
  return `dlv_${hash.digest('hex').slice(0, 32)}`
}

/** Longer than any sender tries again (PagerDuty: two days), and long enough to look back on an incident. */
const KEEP_MS = 90 * 24 * 3600 * 1000

/** Of a delivery: a table is no log. */
const MAX_RAW_BYTES = 16 * 1024

/** Results of one delivery that are written down, whoever bounds them before; the runs themselves are all there. */
const MAX_RESULTS = 110

export function newDelivery(incoming: Incoming, results: Result[], nowMs: number): Delivery {
  const { source, deliveryId, body } = incoming
  // `stream` leaves half a character at the end out.
  const raw = new TextDecoder().decode(body.subarray(0, MAX_RAW_BYTES), { stream: true })
  return {
    id: deliveryIdOf(incoming),
    kind: 'delivery',
    source,
    ...(deliveryId === undefined ? {} : { deliveryId }),
    createdAt: new Date(nowMs).toISOString(),
    results: results.slice(0, MAX_RESULTS),
    raw,
    ...(body.length > MAX_RAW_BYTES ? { cutFromBytes: body.length } : {}),
    expiresAtSeconds: Math.floor((nowMs + KEEP_MS) / 1000),
  }
}

/** A delivery as users see it. */
export const DeliveryView = Delivery.omit({ kind: true, expiresAtSeconds: true })
type ReceivedView = z.infer<typeof DeliveryView>

export function deliveryViewOf({ kind, expiresAtSeconds, ...view }: Delivery): ReceivedView {
  return view
}

/** A delivery among many. */
export const ListedDeliveryView = DeliveryView.omit({ raw: true })

export function listedDeliveryViewOf(received: Delivery): z.infer<typeof ListedDeliveryView> {
  const { raw, ...view } = deliveryViewOf(received)
  return view
}
