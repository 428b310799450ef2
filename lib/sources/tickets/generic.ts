import * as z from 'zod'
import { issuesOf } from '../../basics/field-issues.ts'
import type { BatchRequest, RunRequest } from '../../runs/accept/draft.ts'
import { RequestFields, targetsOf } from '../../runs/accept/request-body.ts'
import { RequestError } from '../../runs/request-error.ts'
import { own } from '../field-of.ts'
import { instantMs } from '../instant.ts'
import { type DeliveryItem, webhookSource } from '../source.ts'
import { isOwnText, OWN_ACTION, type Ticket } from '../ticket.ts'
import { isSigningSecret, signStandardWebhook, verifyStandardWebhook } from '../verify/standard-webhooks.ts'

const Secret = z.string().refine(isSigningSecret, 'must be whsec_ followed by at least 24 bytes in base64')

const Settings = z.object({
  WEBHOOK_GENERIC_SECRETS: z
    .string()
    .transform((list) => list.split(/[\s,]+/).filter(Boolean))
    .pipe(z.array(Secret).min(1, 'needs at least one secret'))
    .describe('Signing secrets of `POST /webhooks/generic`, separated by commas; two while one is replaced'),
})

/** The event type that asks for a run in Steadyhand's own format. Any other type is a ticket, which the rules decide. */
const RUN_REQUESTED = 'run.requested'

/** Becomes ISO 8601, which the specification requires; some senders write epoch seconds. */
const Timestamp = z.union([z.string(), z.number()]).transform((written, { addIssue }) => {
  const ms = instantMs(written)
  if (ms !== undefined) return new Date(ms).toISOString()
  addIssue({ code: 'custom', message: 'must be a time such as 2026-01-01T00:00:00Z' })
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

/** Any system that signs with Standard Webhooks. */
export const generic = webhookSource({
  name: 'generic',
  kind: 'ticket',
  settings: Settings,
  secrets: {
    WEBHOOK_GENERIC_SECRETS: {
      use: 'signs',
      lets: 'send any event as `generic`, and request with `run.requested` whatever the rules of `requests` allow',
    },
  },
  says: {
    verifiedBy: 'Standard Webhooks (HMAC-SHA256 of id, time and body; 5 min)',
    dedupedBy: '`webhook-id`, which is signed',
    ignores: 'types that no rule names; our own notes (`data.comment`, `data.note`)',
    knownFrom: 'documentation',
  },
  verify: (request, { WEBHOOK_GENERIC_SECRETS }) => verifyStandardWebhook(request, WEBHOOK_GENERIC_SECRETS),
  identifiedBy: 'id and body',
  read: (payload, { deliveryId = '', atMs }) => [readGeneric(payload, deliveryId, atMs)],
  sign: (body, { WEBHOOK_GENERIC_SECRETS: [secret = ''] }, delivery) => ({
    headers: signStandardWebhook(secret, body, delivery),
  }),
})

/** Fields of `data` in which systems send the text of a new note. */
const NOTE_FIELDS = ['comment', 'note']

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
  const isOwn = NOTE_FIELDS.some((name) => isOwnText(own(envelope.data.data, name)))
  return isOwn ? { subject: deliveryId, ignored: OWN_ACTION } : { ticket }
}

function requestOf(payload: unknown, deliveryId: string): RunRequest | BatchRequest {
  const parsed = RunRequested.safeParse(payload)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const { operation, params, ticket, reason, collision = 'queue' } = parsed.data.data
  const fullReason = [ticket, reason].filter(Boolean).join(': ')
  return {
    operation,
    ...targetsOf(parsed.data.data, ['data']),
    params,
    collision,
    within: ['data'],
    source: { kind: 'ticket', name: 'generic', id: deliveryId, ...(fullReason ? { reason: fullReason } : {}) },
    idempotencyKey: `ticket/generic/${deliveryId}`,
  }
}
