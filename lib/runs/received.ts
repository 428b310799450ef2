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
 * By what the record of a delivery is known: by what is signed of it, for whoever has caught one delivery can send it again
 * under any header that is not. `body`: the bytes. `id and body`: the sender's id is signed beside the body (Standard
 * Webhooks). `id`: it is signed, and stands in the body, not all of which is (SMN).
 */
export type KnownBy = 'body' | 'id and body' | 'id'

/** What came in. */
export interface Incoming {
  source: string
  /** The sender's own id of it. */
  deliveryId?: string | undefined
  body: Uint8Array
  knownBy: KnownBy
}

/** What a sender delivers again has the same id of ours. Where no id is signed, or none is given, the body counts. */
export function receivedId({ source, deliveryId = '', body, knownBy }: Incoming): string {
  const hash = createHash('sha256').update(`${source}\n${knownBy === 'body' ? '' : deliveryId}\n`)
  if (knownBy !== 'id' || deliveryId === '') hash.update(body)
  return `dlv_${hash.digest('hex').slice(0, 32)}`
}

/** Longer than any sender tries again (PagerDuty: two days), and long enough to look back on an incident. */
const KEEP_MS = 90 * 24 * 3600 * 1000

/** Of a delivery: a table is no log. */
const MAX_RAW_BYTES = 16 * 1024

/** Results of one delivery that are written down, whoever bounds them before; the runs themselves are all there. */
const MAX_RESULTS = 110

export function received(incoming: Incoming, results: Result[], nowMs: number): Received {
  const { source, deliveryId, body } = incoming
  // `stream` leaves half a character at the end out.
  const raw = new TextDecoder().decode(body.subarray(0, MAX_RAW_BYTES), { stream: true })
  return {
    id: receivedId(incoming),
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

/** Such a record is not replaced by one of a repeat that names none, e.g. because it is older than a day by then. */
export function namesRuns({ results }: Pick<Received, 'results'>): boolean {
  return results.some(({ runs = [] }) => runs.length > 0)
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
