import { createHash } from 'node:crypto'
import * as z from 'zod/mini'
import { Delivery, Result } from '../runs/delivery.ts'

/**
 * The signed parts that identify a delivery. An unsigned header does not identify it, because anybody who has caught one delivery
 * could send it again under another. `body`: its bytes. `id and body`: the sender's id, signed beside the body (Standard
 * Webhooks). `id`: the sender's id, signed within a body of which other parts are not (SMN).
 */
export type IdentifiedBy = 'body' | 'id and body' | 'id'

/** A delivery, before it has a record. */
export interface Incoming {
  source: string
  /** The sender's own id of the delivery. */
  deliveryId?: string | undefined
  body: Uint8Array
  identifiedBy: IdentifiedBy
}

/** Our id of a delivery: the same when a sender delivers it again. Without a signed id, the body decides. */
export function deliveryIdOf({ source, deliveryId = '', body, identifiedBy }: Incoming): string {
  const hash = createHash('sha256').update(`${source}\n${identifiedBy === 'body' ? '' : deliveryId}\n`)
  if (identifiedBy !== 'id' || deliveryId === '') hash.update(body)
  return `dlv_${hash.digest('hex').slice(0, 32)}`
}

/** Longer than any sender retries (PagerDuty: two days), and long enough to look back on an incident. */
const KEEP_MS = 90 * 24 * 3600 * 1000

/** The part of the body that is kept: a table is no log. */
const MAX_RAW_BYTES = 16 * 1024

/** The results that a record keeps, whether or not they were bounded before; all runs have records of their own. */
const MAX_RESULTS = 110

export function newDelivery(incoming: Incoming, results: Result[], nowMs: number): Delivery {
  const { source, deliveryId, body } = incoming
  // `stream` leaves out half a character at the end.
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

/** A result as users see it. */
export const ResultView = z.object({
  ...z.omit(Result, { runs: true, episode: true }).shape,
  runIds: z.optional(z.array(z.string())).check(z.describe('Ids of the runs that it requested, new or not')),
  episodeId: z.optional(z.string()).check(z.describe('Id of the episode that it belongs to')),
})
export type ResultView = z.infer<typeof ResultView>

export function resultViewOf({ runs: runIds, episode: episodeId, ...result }: Result): ResultView {
  return {
    ...result,
    ...(runIds === undefined ? {} : { runIds }),
    ...(episodeId === undefined ? {} : { episodeId }),
  }
}

/** A delivery as users see it. */
export const DeliveryView = z.object({
  id: z.string().check(z.describe('Id of the delivery')),
  source: z.string().check(z.describe('Name of the source, e.g. `cloudwatch`')),
  ...z.pick(Delivery, { deliveryId: true, createdAt: true, raw: true, cutFromBytes: true }).shape,
  results: z.array(ResultView).check(z.describe('What became of each alarm or ticket in it')),
})
export function deliveryViewOf({ kind, expiresAtSeconds, results, ...view }: Delivery): z.infer<typeof DeliveryView> {
  return { ...view, results: results.map(resultViewOf) }
}

/** A delivery in a list. */
export const ListedDeliveryView = z.omit(DeliveryView, { raw: true })

export function listedDeliveryViewOf(delivery: Delivery): z.infer<typeof ListedDeliveryView> {
  const { raw, ...view } = deliveryViewOf(delivery)
  return view
}
