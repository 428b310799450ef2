import * as z from 'zod'
import { issuesOf } from '../../basics/field-issues.ts'
import type { BatchRequest, RunRequest } from '../../runs/accept/draft.ts'
import { RequestFields, targetsOf } from '../../runs/accept/request-body.ts'
import { RequestError } from '../../runs/accept/request-error.ts'
import { own } from '../field-of.ts'
import { instantMs } from '../instant.ts'
import { type DeliveryItem, webhookSource } from '../source.ts'
import { isOwnText, OWN_ACTION, type Ticket } from '../ticket.ts'
import { isSigningSecret, signStandardWebhook, verifyStandardWebhook } from '../verify/standard-webhooks.ts'

const Secret = z.string().refine(isSigningSecret, 'must be whsec_ and at least 24 bytes in base64')

const Settings = z.object({
  WEBHOOK_GENERIC_SECRETS: z
    .string()
    .transform((list) => list.split(/[\s,]+/).filter(Boolean))
    .pipe(z.array(Secret).min(1, 'needs at least one secret'))
    .describe('Signing secrets of `POST /webhooks/generic`, by comma; two while one is replaced'),
})

/** The event type that asks for a run in our own words. Any other is a ticket, for the rules. */
const RUN_REQUESTED = 'run.requested'

/** As ISO 8601. The specification wants that; senders write epoch seconds, too. */
const Timestamp = z.union([z.string(), z.number()]).transform((written, { addIssue }) => {
  const ms = instantMs(written)
  if (ms !== undefined) return new Date(ms).toISOString()
  addIssue({ code: 'custom', message: 'must be an instant such as 2026-01-01T00:00:00Z' })
  return z.NEVER
})

/** The payload shape of Standard Webhooks: `{ type, timestamp, data }`. */
const Envelope = z.looseObject({
  type: z.string().min(1).max(200),
  timestamp: Timestamp.optional(),
})

const RunRequested = z.strictObject({
  type: z.literal(RUN_REQUESTED),
  timestamp: Timestamp.optional(),
  data: z.strictObject({
    ...RequestFields,
    /** The ticket, e.g. `OPS-1234`. */
    ticket: z
      .string()
      .regex(/^[\x20-\x7e]{1,200}$/, 'must be printable ASCII')
      .optional(),
  }),
})

/** Any system that signs by Standard Webhooks. */
export const generic = webhookSource({
  name: 'generic',
  kind: 'ticket',
  settings: Settings,
  secrets: {
    WEBHOOK_GENERIC_SECRETS: {
      use: 'signs',
      lets: 'send any event as `generic`, and ask by `run.requested` for what the rules of `requests` allow',
    },
  },
  says: {
    verifiedBy: 'Standard Webhooks (HMAC-SHA256 over id, time and body; 5 min)',
    dedupedBy: '`webhook-id`, which is signed',
    ignores: 'types that no rule names; our own notes (`data.comment`, `data.note`)',
    knownFrom: 'documentation',
  },
  verify: (delivery, { WEBHOOK_GENERIC_SECRETS }) => verifyStandardWebhook(delivery, WEBHOOK_GENERIC_SECRETS),
  identifiedBy: 'id and body',
  read: (payload, { deliveryId = '', atMs }) => [readGeneric(payload, deliveryId, atMs)],
  sign: (body, { WEBHOOK_GENERIC_SECRETS: [secret = ''] }, as) => ({ headers: signStandardWebhook(secret, body, as) }),
})

/** Where, of `data`, a system that tells of notes has the text of one. */
const OUR_NOTES = ['comment', 'note']

/** @throws {RequestError} naming the field */
function readGeneric(payload: unknown, deliveryId: string, atMs: number): DeliveryItem {
  const envelope = Envelope.safeParse(payload)
  if (!envelope.success) throw new RequestError(issuesOf(envelope.error))
  const { type, timestamp } = envelope.data
  if (type === RUN_REQUESTED) return { request: requestOf(payload, deliveryId), occurredAt: timestamp }
  const ticket: Ticket = {
    source: 'generic',
    event: type,
    key: deliveryId,
    by: '',
    reason: '',
    occurredAt: new Date(timestamp ?? atMs).toISOString(),
    dedupeKey: deliveryId,
    fields: payload,
  }
  const isOwn = OUR_NOTES.some((name) => isOwnText(own(envelope.data.data, name)))
  return isOwn ? { subject: deliveryId, ignored: OWN_ACTION } : { ticket }
}

function requestOf(payload: unknown, deliveryId: string): RunRequest | BatchRequest {
  const parsed = RunRequested.safeParse(payload)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const { operation, params, ticket, reason, collision = 'queue' } = parsed.data.data
  const why = [ticket, reason].filter(Boolean).join(': ')
  return {
    operation,
    ...targetsOf(parsed.data.data, ['data']),
    params,
    collision,
    source: { kind: 'ticket', name: 'generic', id: deliveryId, ...(why ? { reason: why } : {}) },
    idempotencyKey: `ticket/generic/${deliveryId}`,
  }
}
