import { createHash } from 'node:crypto'
import * as z from 'zod'

/** What became of one thing that came in. */
export const Result = z.object({
  about: z.string().describe('The alarm or the ticket, as people know it'),
  rule: z.string().optional().describe('The rule that fits'),
  runs: z.array(z.string()).optional().describe('Ids of the runs that it asked for, new or not'),
  warnings: z.array(z.string()).optional().describe('Limits of alarms that are used up there'),
  ignored: z.string().optional().describe('Why nothing is to be done'),
  refused: z.string().optional().describe('A run was wanted, but cannot be: why. People are told, or the sender'),
  times: z.number().int().optional().describe('How many results were the same, where they are many'),
  handedOn: z
    .number()
    .int()
    .optional()
    .describe('So many alarms are decided in a moment, each with a record of its own'),
})
export type Result = z.infer<typeof Result>

/** The record of one delivery: an alarm's event, or a webhook. */
export const Received = z.object({
  id: z.string(),
  kind: z.literal('delivery'),
  source: z.string(),
  deliveryId: z.string().optional().describe("The sender's own id of it"),
  createdAt: z.string().describe('When it came (ISO 8601)'),
  results: z.array(Result),
  raw: z.string().describe('The body, or how it begins'),
  cutFromBytes: z.number().int().optional().describe('How many bytes it had, where it was cut'),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.number().int(),
})
export type Received = z.infer<typeof Received>

export const DELIVERY_ID = /^dlv_[0-9a-f]{32}$/

/**
 * What a sender delivers again has the same id of ours. Its own id counts, but not alone: most sources do not sign it, and
 * whoever has caught one delivery could send it under the id of another.
 */
export function receivedId(source: string, deliveryId: string | undefined, body: Uint8Array): string {
  const hash = createHash('sha256')
    .update(`${source}\n${deliveryId ?? ''}\n`)
    .update(body)
  return `dlv_${hash.digest('hex').slice(0, 32)}`
}

/** Longer than any sender tries again (PagerDuty: two days), and long enough to look back on an incident. */
const KEEP_MS = 90 * 24 * 3600 * 1000

/** Of a delivery: a table is no log. */
const MAX_RAW_BYTES = 16 * 1024

/** Results of one delivery that are written down, whoever bounds them before; the runs themselves are all there. */
const MAX_RESULTS = 110

export function received(
  source: string,
  deliveryId: string | undefined,
  body: Uint8Array,
  results: Result[],
  nowMs: number,
): Received {
  // `stream` leaves half a character at the end out.
  const raw = new TextDecoder().decode(body.subarray(0, MAX_RAW_BYTES), { stream: true })
  return {
    id: receivedId(source, deliveryId, body),
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
export const ReceivedView = Received.omit({ kind: true, expiresAtSeconds: true })
type ReceivedView = z.infer<typeof ReceivedView>

export function receivedViewOf({ kind, expiresAtSeconds, ...view }: Received): ReceivedView {
  return view
}

/** A delivery among many. */
export const ListedReceivedView = ReceivedView.omit({ raw: true })

export function listedReceivedViewOf(received: Received): z.infer<typeof ListedReceivedView> {
  const { raw, ...view } = receivedViewOf(received)
  return view
}

/** A rule wanted a run, or may have, and there is none: what people are told. */
export interface Refusal {
  source: string
  /** Of what came in: the same however often it is delivered. */
  key: string
  about: string
  /** None where the delivery cannot be read. */
  rule?: string
  reason: string
  /** When it came (ISO 8601). */
  at: string
}
