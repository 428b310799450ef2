import * as z from 'zod'
import { issuesOf } from '../../basics/field-issues.ts'
import { textOf } from '../../basics/text-of.ts'
import { RequestError } from '../../runs/accept/request-error.ts'
import { dedupeKeyOf } from '../dedupe-key.ts'
import { own } from '../field-of.ts'
import { instantMs } from '../instant.ts'
import { type DeliveryItem, type WebhookRequest, webhookSource } from '../source.ts'
import { isOwnText, OWN_ACTION } from '../ticket.ts'
import { Secrets } from '../verify/secrets.ts'
import { isSigningSecret, signStandardWebhook, verifyStandardWebhook } from '../verify/standard-webhooks.ts'
import { tokenHeader, verifyToken } from '../verify/token.ts'

/**
 * ServiceNow has no webhooks of its own: a business rule sends what its script says. The payload is ours, and the script that
 * makes it is in `events/servicenow`. It can sign, too: `generateMac` of its scripts is HMAC-SHA256 under a base64 key
 * (https://www.servicenow.com/docs/r/api-reference/server-api-reference/c_GlideCertificateEncryptionAPI.html).
 */

/** Such a secret signs, and is never shown; any other is shown, and signs nothing. */
const signs = (secret: string): boolean => secret.startsWith('whsec_')

const Settings = z.object({
  WEBHOOK_SERVICENOW_SECRETS: Secrets.refine(
    (secrets) => secrets.filter(signs).every(isSigningSecret),
    'must have at least 24 bytes in base64 after whsec_',
  ).describe(
    'Secrets of `POST /webhooks/servicenow`, by comma: `whsec_…` for Standard Webhooks, else a token or `user:password`',
  ),
})

const WITHOUT_UPDATE = 'is missing, and so is sys_mod_count: without either, a repeat cannot be told from a new wish'

/** `getValue` gives strings, and null where a field is empty; other ways to a value give it as it is. */
const Value = z
  .union(
    [z.string().max(4000), z.number(), z.boolean()],
    'must be a text of 4000 characters at most, a number, true or false',
  )
  .transform(String)
  .nullish()
const Id = z.string().regex(/^[\w.-]{1,100}$/, 'must be of letters, digits, dots, hyphens and underscores')

const Payload = z
  .strictObject({
    /** What happened, in your words, e.g. `change.approved`; `test` is ignored. */
    event: Id,
    /** The ticket as people know it, e.g. `CHG0030192`. */
    number: Id,
    sys_id: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
    /** UTC, as `getValue` gives it; what people see on the form is in their own zone and format. */
    sys_updated_on: z
      .union([z.string(), z.number()])
      .refine((time) => utcMs(time) !== undefined, 'must be YYYY-MM-DD HH:mm:ss in UTC, as getValue gives it')
      .nullish(),
    sys_mod_count: z.union([z.string().regex(/^\d{1,15}$/), z.int().min(0)], 'must be a count').nullish(),
    table: Id.nullish(),
    requested_by: Value,
    short_description: Value,
    /** What rules may point at, as `fields.<name>`. */
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
    verifiedBy: 'Standard Webhooks, or a token: `Authorization` (bearer, basic) or `X-Webhook-Secret`',
    dedupedBy: '`sys_id`, `event`, and `sys_mod_count` or else `sys_updated_on`',
    ignores: '`test` events; updates whose `work_notes` or `comments` are our own',
    knownFrom: 'documentation',
  },
  verify: (delivery, { WEBHOOK_SERVICENOW_SECRETS }) => verifyServiceNow(delivery, WEBHOOK_SERVICENOW_SECRETS),
  identifiedBy: 'id and body',
  read: (payload, { atMs }) => [readServiceNow(payload, atMs)],
  sign: (body, { WEBHOOK_SERVICENOW_SECRETS: [secret = ''] }, as) => ({
    headers: signs(secret) ? signStandardWebhook(secret, body, as) : { authorization: tokenHeader(secret) },
  }),
})

/** A signature that is there must fit, whatever else is shown. @returns the delivery's id where it is signed */
function verifyServiceNow(delivery: WebhookRequest, secrets: string[]): string | undefined {
  const keys = secrets.filter(signs)
  const tokens = secrets.filter((secret) => !signs(secret))
  if (delivery.headers['webhook-signature'] !== undefined || tokens.length === 0) {
    return verifyStandardWebhook(delivery, keys)
  }
  verifyToken(delivery, tokens, { header: 'x-webhook-secret' })
  return undefined
}

/** Where ServiceNow has what is written beside a ticket. */
const JOURNALS = ['work_notes', 'comments']

/** @throws {RequestError} naming the field: whoever wrote the script can mend it */
function readServiceNow(payload: unknown, atMs: number): DeliveryItem {
  const parsed = Payload.safeParse(payload)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const { event, number, sys_id, sys_updated_on, sys_mod_count, table, requested_by, short_description } = parsed.data
  const fields = said(parsed.data.fields ?? {})
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
      fields: { ...said({ table, requested_by }), fields },
    },
  }
}

function utcMs(time: unknown): number | undefined {
  return instantMs(time, { zone: 'UTC' })
}

function said(values: Record<string, string | null | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value ? [[key, value]] : [])))
}
