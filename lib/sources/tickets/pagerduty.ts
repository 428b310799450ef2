import * as z from 'zod'
import { textOf } from '../../basics/text-of.ts'
import { dedupeKeyOf } from '../dedupe-key.ts'
import { instantMs, whenOf } from '../instant.ts'
import { type DeliveryItem, type WebhookRequest, webhookSource } from '../source.ts'
import { isOwnText, OWN_ACTION } from '../ticket.ts'
import { required, unsignedId } from '../verify/headers.ts'
import { checkHmac, hmac } from '../verify/hmac.ts'
import { Secrets } from '../verify/secrets.ts'
import { rulesMayRead } from './pagerduty/fields.ts'

/**
 * PagerDuty's v3 webhook subscriptions: one event per delivery, retried for up to 48 h. No time is signed.
 * Source: https://github.com/PagerDuty/developer-docs/tree/main/docs/webhooks (01-Overview, 02-Behavior, 04-Signatures)
 */
const HEADER = 'x-pagerduty-signature'

const Settings = z.object({
  WEBHOOK_PAGERDUTY_SECRETS: Secrets.describe(
    'Signing secrets of `POST /webhooks/pagerduty`, separated by commas: one for each webhook subscription, two while one is replaced',
  ),
})

/** The bound is far above the length of any id of PagerDuty. */
const Id = z.string().min(1).max(200)

/** A value of another type than documented counts as absent. */
const Text = z.string().nullish().catch(undefined)
const Named = z.looseObject({ id: Id, summary: Text }).nullish().catch(undefined)

const Data = z.looseObject({
  id: Id.nullish().catch(undefined),
  title: Text,
  content: Text,
  message: Text,
  incident: Named,
  service: Named,
  action: Named,
  incident_workflow: Named,
  incident_role_assignments: z
    .tuple([z.looseObject({ incident: Named })], z.unknown())
    .nullish()
    .catch(undefined),
})
type Data = z.infer<typeof Data>

const Event = z.looseObject({
  id: Id,
  event_type: z.string().min(1).max(200),
  occurred_at: z.unknown().optional(),
  /** Null if automation did it. */
  agent: Named,
  data: Data,
})

/** The field that holds the text just written, by event. A title is new only when its incident is. */
const WRITTEN: Readonly<Record<string, keyof Data>> = {
  'incident.triggered': 'title',
  'incident.annotated': 'content',
  'incident.status_update_published': 'message',
}

export const pagerduty = webhookSource({
  name: 'pagerduty',
  kind: 'ticket',
  settings: Settings,
  secrets: {
    WEBHOOK_PAGERDUTY_SECRETS: { use: 'signs', lets: 'send any event as `pagerduty`' },
  },
  says: {
    verifiedBy: '`X-PagerDuty-Signature` (HMAC-SHA256 of the body; one of several must match)',
    dedupedBy: '`event.id`',
    ignores: 'test pings; notes, status updates and incidents of our own',
    knownFrom: 'documentation',
  },
  verify: (request, { WEBHOOK_PAGERDUTY_SECRETS }) => verifyPagerDuty(request, WEBHOOK_PAGERDUTY_SECRETS),
  read: (payload) => [readPagerDuty(payload)],
  sign: (body, { WEBHOOK_PAGERDUTY_SECRETS: [secret = ''] }, { id }) => ({
    headers: { [HEADER]: `v1=${hmac(secret, body).toString('hex')}`, 'x-webhook-id': id },
  }),
})

function verifyPagerDuty({ headers, body }: WebhookRequest, secrets: string[]): string | undefined {
  const given = required(headers, HEADER)
    .split(',')
    .map((entry) => /^v1=([0-9a-f]{64})$/i.exec(entry.trim())?.[1])
    .flatMap((hex) => (hex === undefined ? [] : [Buffer.from(hex, 'hex')]))
  checkHmac({ header: HEADER, given, keys: secrets }, body)
  return unsignedId(headers, 'x-webhook-id')
}

function readPagerDuty(payload: unknown): DeliveryItem {
  const parsed = z.looseObject({ event: Event }).safeParse(payload)
  if (!parsed.success) return { subject: 'a PagerDuty webhook', ignored: 'not a v3 event' }
  const { event } = parsed.data
  const { data, event_type: type } = event
  const key = keyOf(data) ?? event.id
  if (type === 'pagey.ping') return { subject: type, ignored: 'it is a test' }
  const written = Object.hasOwn(WRITTEN, type) ? WRITTEN[type] : undefined
  if (written && isOwnText(data[written])) return { subject: key, ignored: OWN_ACTION }
  return {
    ticket: {
      source: 'pagerduty',
      event: textOf(type),
      key: textOf(key),
      by: textOf(event.agent?.id),
      reason: textOf(
        [data.action?.summary ?? data.incident_workflow?.summary, titleOf(data)].filter(Boolean).join(': '),
      ),
      ...whenOf(instantMs(event.occurred_at), event.occurred_at),
      dedupeKey: dedupeKeyOf(event.id),
      fields: { event: rulesMayRead(event) },
    },
  }
}

/** The incident's id, even if the event is about a part of it; otherwise the service's. */
function keyOf({ incident, incident_role_assignments: roles, id, service }: Data): string | undefined {
  return incident?.id ?? roles?.[0].incident?.id ?? id ?? service?.id
}

function titleOf({ title, incident, summary }: Data): string | undefined {
  return title ?? incident?.summary ?? (typeof summary === 'string' ? summary : undefined)
}
