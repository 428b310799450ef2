import type * as z from 'zod'
import type { IdentifiedBy } from '../deliveries/delivery.ts'
import type { BatchRequest, RunRequest } from '../runs/accept/draft.ts'
import type { Result } from '../runs/delivery.ts'
import type { Alarm } from './alarm.ts'
import type { Ticket } from './ticket.ts'

/** One delivery of a webhook, as it arrived. */
export interface WebhookRequest {
  method: string
  /** Lower-case names; what stands twice is joined by a comma, as the gateway does. */
  headers: Readonly<Record<string, string | undefined>>
  query: Readonly<Record<string, string | undefined>>
  /** The very bytes that were sent. */
  body: Buffer
  /** When it arrived (epoch ms). */
  atMs: number
}

/** One thing that an authentic delivery tells of. */
export type DeliveryItem =
  | { alarm: Alarm }
  | { ticket: Ticket }
  /** A wish in our own words, and when it was made, where that is said (ISO 8601). */
  | { request: RunRequest | BatchRequest; occurredAt?: string | undefined }
  /** Nothing to act on: why. `about` names it as people know it. */
  | { ignored: string; subject: string }

/** A GET of a small text over HTTPS: no redirects, bounded in size and time. @throws where there is no answer */
export type FetchText = (url: URL, headers?: Record<string, string>) => Promise<{ status: number; text: string }>

/** What the answer says, where the sender wants more than a 2xx. */
export interface WebhookReply {
  contentType: string
  body: string
}

/** A secret of a source, for the table of the README. */
interface SourceSecret {
  /** Whoever reads one request has what is shown in it, but not what signed it. */
  use: 'signs' | 'shown' | 'signs or shown'
  /** What its holder can do; it follows "can". */
  lets: string
}

/**
 * Where webhooks come from. A new one is a file with one of these, and a line in `sources.ts`.
 */
export interface WebhookSource<Settings = unknown> {
  /** In `POST /webhooks/{name}`, in rules, and in the runs that it starts. */
  name: string
  kind: 'alarm' | 'ticket'
  /** Its configuration: an object whose fields are the variables, each described. Without its secrets it refuses. */
  settings: z.ZodType<Settings> & { shape: Record<string, z.ZodType> }
  /** Its secrets, by variable. */
  secrets: Readonly<Record<string, SourceSecret>>
  /** For the table of the README, a phrase each. */
  says: {
    verifiedBy: string
    dedupedBy: string
    /** Where it is not 202 or 200 with the results. */
    repliedWith?: string
    ignores: string
    /** Where its payload is known from. */
    knownFrom: 'captures' | 'documentation'
  }
  /**
   * Proves that the delivery comes from who may send it, by its raw bytes, before anything reads them.
   * @returns the sender's id of the delivery, the same for every retry, where it has one
   * @throws {SignatureError} saying what is missing or wrong, never what would be right
   */
  verify(
    delivery: WebhookRequest,
    settings: Settings,
    fetchText: FetchText,
  ): string | undefined | Promise<string | undefined>
  /** By what its record is known; by the body unless stated. Another is only for an id that `verify` has found to be signed. */
  identifiedBy?: IdentifiedBy
  /** Reads the body; JSON unless stated. @throws {BodyError} */
  parse?(body: Buffer): unknown
  /**
   * @param deliveryId what `verify` gave
   * @throws {RequestError} naming the field, where the sender can mend it
   */
  read(
    payload: unknown,
    delivery: WebhookRequest & { deliveryId: string | undefined },
    settings: Settings,
    fetchText: FetchText,
  ): DeliveryItem[] | Promise<DeliveryItem[]>
  /** JSON of the results unless stated. */
  reply?(payload: unknown, results: Result[], settings: Settings): WebhookReply
  /** The zone (IANA) of times that its payloads have without one; UTC unless stated. */
  zone?(settings: Settings): string
  /**
   * Whether the ticket was approved by somebody else than who asked, and is still as it was then, as the ticket system says now.
   * @param paths the fields that the rule reads
   * @param fresh how old what was approved may be, by the ticket system's own times
   * @returns why not; undefined where it was
   */
  approvalDenial?(
    ticket: Ticket,
    paths: string[],
    fresh: { nowMs: number; maxAgeMinutes: number },
    settings: Settings,
    fetchText: FetchText,
  ): Promise<string | undefined>
  /**
   * How the source itself would send a body: for `npm run send`, the demo and the tests.
   * @returns `body` where the signature stands in there
   */
  sign(
    body: string,
    settings: Settings,
    as: { id: string; atMs: number },
  ): { headers: Record<string, string>; query?: string; body?: string }
}

/** Keeps the type of the settings together where a source is declared. */
export function webhookSource<Settings>(declared: WebhookSource<Settings>): WebhookSource<Settings> {
  return declared
}
