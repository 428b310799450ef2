import * as z from 'zod'
import { issuesOf } from '../../basics/field-issues.ts'
import { textOf } from '../../basics/text-of.ts'
import { RequestError } from '../../runs/request-error.ts'
import { dedupeKeyOf } from '../dedupe-key.ts'
import { own } from '../field-of.ts'
import { instantMs } from '../instant.ts'
import { type DeliveryItem, type WebhookRequest, webhookSource } from '../source.ts'
import { isOwnText, OWN_ACTION } from '../ticket.ts'
import { Secrets } from '../verify/secrets.ts'
import { isSigningSecret, signStandardWebhook, verifyStandardWebhook } from '../verify/standard-webhooks.ts'
import { tokenHeader, verifyToken } from '../verify/token.ts'

/**
 * ServiceNow has no webhooks: a business rule runs a script that sends one. The payload is defined here, and the script that
 * builds it is in `events/servicenow`. Scripts can sign: `generateMac` computes HMAC-SHA256 with a base64 key
 * (https://www.servicenow.com/docs/r/api-reference/server-api-reference/c_GlideCertificateEncryptionAPI.html).
 */

/** A `whsec_` secret signs and is never shown; any other is shown and never signs. */
const signs = (secret: string): boolean => secret.startsWith('whsec_')

const Settings = z.object({
  WEBHOOK_SERVICENOW_SECRETS: Secrets.refine(
    (secrets) => secrets.filter(signs).every(isSigningSecret),
    'must have at least 24 bytes in base64 after whsec_',
  ).describe(
    'Secrets of `POST /webhooks/servicenow`, separated by commas: `whsec_…` for Standard Webhooks, otherwise a token or `user:password`',
  ),
})

const WITHOUT_UPDATE = 'is missing, and so is sys_mod_count: one of them is needed to tell a repeat from a new request'

/** `getValue` returns strings, and null for an empty field; other methods return the value itself. */
const Value = z
  .union(
    [z.string().max(4000), z.number(), z.boolean()],
    'must be a text of at most 4000 characters, a number, true or false',
  )
  .transform(String)
  .nullish()
const Id = z.string().regex(/^[\w.-]{1,100}$/, 'must have only letters, digits, dots, hyphens and underscores')

const Payload = z
  .strictObject({
    /** Your own name for the event, e.g. `change.approved`; `test` is ignored. */
    event: Id,
    /** The ticket as people know it, e.g. `CHG0030192`. */
    number: Id,
    sys_id: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
    /** UTC, as `getValue` returns it; the form shows it in the user's own zone and format. */
    sys_updated_on: z
      .union([z.string(), z.number()])
      .refine((time) => utcMs(time) !== undefined, 'must be YYYY-MM-DD HH:mm:ss in UTC, as getValue returns it')
      .nullish(),
    sys_mod_count: z.union([z.string().regex(/^\d{1,15}$/), z.int().min(0)], 'must be a count').nullish(),
    table: Id.nullish(),
    requested_by: Value,
    short_description: Value,
    /** Rules refer to these as `fields.<name>`. */
    fields: z.record(z.string(), Value).nullish(),
  })
  .refine((payload) => (payload.sys_updated_on ?? payload.sys_mod_count ?? undefined) !== undefined, {
    path: ['sys_updated_on'],
    message: WITHOUT_UPDATE,
  })

export const servicenow = webhookSource({
  name: 'servicenow',
  kind: 'ticket',
  settings: Settings,
  secrets: {
    WEBHOOK_SERVICENOW_SECRETS: { use: 'signs or shown', lets: 'send any event as `servicenow`' },
  },
  says: {
    verifiedBy: 'Standard Webhooks, or a token in `Authorization` (Bearer, Basic) or `X-Webhook-Secret`',
    dedupedBy: '`sys_id`, `event`, and `sys_mod_count` or otherwise `sys_updated_on`',
    ignores: '`test` events; updates whose `work_notes` or `comments` are our own',
    knownFrom: 'documentation',
  },
  challenges: ['Bearer', 'Basic'],
  verify: (request, { WEBHOOK_SERVICENOW_SECRETS }) => verifyServiceNow(request, WEBHOOK_SERVICENOW_SECRETS),
  identifiedBy: 'id and body',
  read: (payload, { atMs }) => [readServiceNow(payload, atMs)],
  sign: (body, { WEBHOOK_SERVICENOW_SECRETS: [secret = ''] }, delivery) => ({
    headers: signs(secret) ? signStandardWebhook(secret, body, delivery) : { authorization: tokenHeader(secret) },
  }),
})

/** A signature that is present must match, whatever else is shown. @returns the delivery's id if it is signed */
function verifyServiceNow(request: WebhookRequest, secrets: string[]): string | undefined {
  const keys = secrets.filter(signs)
  const tokens = secrets.filter((secret) => !signs(secret))
  if (request.headers['webhook-signature'] !== undefined || tokens.length === 0) {
    return verifyStandardWebhook(request, keys)
  }
  verifyToken(request, tokens, { header: 'x-webhook-secret' })
  return undefined
}

/** Fields in which ServiceNow keeps notes. */
const JOURNALS = ['work_notes', 'comments']

/** @throws {RequestError} that names the field, for the author of the script */
function readServiceNow(payload: unknown, atMs: number): DeliveryItem {
  const parsed = Payload.safeParse(payload)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const { event, number, sys_id, sys_updated_on, sys_mod_count, table, requested_by, short_description } = parsed.data
  const fields = filled(parsed.data.fields ?? {})
  if (event === 'test') return { subject: number, ignored: 'it is a test' }
  if (JOURNALS.some((name) => isOwnText(own(fields, name)))) return { subject: number, ignored: OWN_ACTION }
  return {
    ticket: {
      source: 'servicenow',
      event,
      key: number,
      by: textOf(requested_by),
      reason: textOf(short_description),
      occurredAt: new Date(utcMs(sys_updated_on) ?? atMs).toISOString(),
      dedupeKey: dedupeKeyOf(sys_id, String(sys_mod_count ?? utcMs(sys_updated_on)), event),
      fields: { ...filled({ table, requested_by }), fields },
    },
  }
}

function utcMs(time: unknown): number | undefined {
  return instantMs(time, { zone: 'UTC' })
}

function filled(values: Record<string, string | null | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value ? [[key, value]] : [])))
}
