import type * as z from 'zod'
import type { IdentifiedBy } from '../deliveries/delivery.ts'
import type { BatchRequest, RunRequest } from '../runs/accept/draft.ts'
import type { Result } from '../runs/delivery.ts'
import type { Alarm } from './alarm.ts'
import type { Ticket } from './ticket.ts'

/** One HTTP request to `/webhooks/{source}`, as it arrived. */
export interface WebhookRequest {
  method: string
  /** Lower-case names; repeated headers are joined by a comma, as the gateway does. */
  headers: Readonly<Record<string, string | undefined>>
  query: Readonly<Record<string, string | undefined>>
  /** Exactly the bytes that were sent. */
  body: Buffer
  /** Arrival time (epoch ms). */
  atMs: number
}

/** A webhook request whose sender is proven. */
export interface AuthenticRequest<Settings = unknown> extends WebhookRequest {
  /** The sender's id of the delivery, as `verify` returned it. */
  deliveryId: string | undefined
  settings: Settings
}

/** One item of a delivery: an alarm, a ticket event, a request for a run, or something to ignore. */
export type DeliveryItem =
  | { alarm: Alarm }
  | { ticket: Ticket }
  /** A request in Steadyhand's own format; `occurredAt` (ISO 8601) is absent if the sender gives no time. */
  | { request: RunRequest | BatchRequest; occurredAt?: string | undefined }
  /** `ignored` is the reason; `subject` is the name that people know. */
  | { ignored: string; subject: string }

/** Sends one HTTPS GET, without redirects, bounded in size and time. @throws {UnreachableError} if there is no answer */
export type FetchText = (url: URL, headers?: Record<string, string>) => Promise<{ status: number; text: string }>

/** The body of the response, for senders that expect a certain one. */
export interface WebhookReply {
  contentType: string
  body: string
}

/** A secret of a source, as the README lists it. */
interface SourceSecret {
  /** A secret that is shown can be read from one request; a secret that signs cannot. */
  use: 'signs' | 'shown' | 'signs or shown'
  /** The holder's power; completes the sentence "the holder can …". */
  lets: string
}

/** A question about one ticket: may the rule act on it? */
export interface ApprovalQuestion {
  ticket: Ticket
  /** Dotted paths of the fields that the rule reads. */
  paths: string[]
  nowMs: number
  /** Greatest age of the approval, by the ticket system's own times. */
  maxAgeMinutes: number
}

/**
 * A system that sends webhooks. A new source is one file that declares this, and one line in `sources.ts`.
 */
export interface WebhookSource<Settings = unknown> {
  /** Used in `POST /webhooks/{name}`, in rules, and in the runs that it starts. */
  name: string
  kind: 'alarm' | 'ticket'
  /** The configuration: one described field per variable. Parsing fails if its secrets are missing. */
  settings: z.ZodType<Settings> & { shape: Record<string, z.ZodType> }
  /** The secrets, by variable. */
  secrets: Readonly<Record<string, SourceSecret>>
  /** One phrase for each column of the README's table. */
  says: {
    verifiedBy: string
    dedupedBy: string
    /** Only if it is not 202 or 200 with the results. */
    repliedWith?: string
    ignores: string
    /** The evidence for the payload's shape. */
    knownFrom: 'captures' | 'documentation'
  }
  /**
   * Proves on the raw bytes that an allowed sender made the request, before anything parses them.
   * @returns the sender's id of the delivery, equal for every retry, if it has one
   * @throws {SignatureError} that says what is missing or wrong, never what would be right
   */
  verify(
    request: WebhookRequest,
    settings: Settings,
    fetchText: FetchText,
  ): string | undefined | Promise<string | undefined>
  /** Schemes of the header `Authorization` by which it can show a secret instead of signing; none by default. */
  challenges?: readonly ('Bearer' | 'Basic')[]
  /** Identifies the delivery record; the body by default. Use an id only if `verify` proves that it is signed. */
  identifiedBy?: IdentifiedBy
  /** Parses the body; as JSON by default. @throws {BodyError} */
  parse?(body: Buffer): unknown
  /** @throws {RequestError} that names the field which the sender must correct */
  read(
    payload: unknown,
    request: AuthenticRequest<Settings>,
    fetchText: FetchText,
  ): DeliveryItem[] | Promise<DeliveryItem[]>
  /** Builds the response body; the results as JSON by default. */
  reply?(payload: unknown, results: Result[], settings: Settings): WebhookReply
  /** IANA zone of payload times that have no offset; UTC by default. */
  zone?(settings: Settings): string
  /**
   * Asks the ticket system whether somebody other than the requester approved the ticket, and whether it is unchanged since.
   * @returns the reason for a denial; undefined if it is approved
   */
  approvalDenial?(question: ApprovalQuestion, settings: Settings, fetchText: FetchText): Promise<string | undefined>
  /**
   * Signs a body as the source itself would: for `npm run send`, the demo and the tests.
   * @returns `body` only if the signature is inside it
   */
  sign(
    body: string,
    settings: Settings,
    delivery: { id: string; atMs: number },
  ): { headers: Record<string, string>; query?: string; body?: string }
}

/** Infers the type of a source's settings at its declaration. */
export function webhookSource<Settings>(declared: WebhookSource<Settings>): WebhookSource<Settings> {
  return declared
}
