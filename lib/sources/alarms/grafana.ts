import * as z from 'zod'
import { textOf } from '../../basics/text-of.ts'
import { OptionalSetting } from '../settings.ts'
import { type DeliveryItem, webhookSource } from '../source.ts'
import { Secrets, signedOrShown } from '../verify/secrets.ts'
import { type GrafanaScheme, signGrafana, verifyGrafana } from './grafana/signature.ts'
import { readAlerts } from './prometheus.ts'

/**
 * The webhook contact point of Grafana Alerting (9 and later).
 * Source: https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
 */

const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,100}$/, 'must be the name of a header')
  .transform((name) => name.toLowerCase())

const Settings = z
  .object({
    WEBHOOK_GRAFANA_SECRETS: OptionalSetting(Secrets).describe(
      'Secrets of the HMAC signature of contact points, separated by commas; two while one is replaced',
    ),
    WEBHOOK_GRAFANA_TOKENS: OptionalSetting(Secrets).describe(
      'Credentials that contact points show, separated by commas: a token, or `user:password`; without one, only signed requests are accepted',
    ),
    GRAFANA_SIGNATURE_HEADER: OptionalSetting(HeaderName).describe(
      'The contact point’s signature header (default X-Grafana-Alerting-Signature)',
    ),
    GRAFANA_TIMESTAMP_HEADER: OptionalSetting(HeaderName).describe(
      'The contact point’s timestamp header, which is signed with the body; if set, a signature is valid for 5 min',
    ),
  })
  .check(signedOrShown('WEBHOOK_GRAFANA_SECRETS', 'WEBHOOK_GRAFANA_TOKENS'))
type Settings = z.infer<typeof Settings>

const Payload = z.object({
  version: z.unknown().optional(),
  groupKey: z.string().optional().catch(undefined),
  orgId: z.union([z.number(), z.string()]).transform(String).optional().catch(undefined),
  /** Only in payloads of legacy alerting. */
  ruleName: z.string().optional().catch(undefined),
})

/** Group key of a contact point's test: `<receiver>-<fingerprint>-<Unix seconds>`, whatever labels the alert has. */
const TEST_GROUP = /-[0-9a-f]{16}-\d+$/

export const grafana = webhookSource({
  name: 'grafana',
  kind: 'alarm',
  settings: Settings,
  secrets: {
    WEBHOOK_GRAFANA_SECRETS: { use: 'signs', lets: 'send any alarm as `grafana`' },
    WEBHOOK_GRAFANA_TOKENS: { use: 'shown', lets: 'send any alarm as `grafana`' },
  },
  says: {
    verifiedBy:
      'HMAC-SHA256 of the body, and of the time (5 min) if its header is configured; or a token (Bearer, Basic)',
    dedupedBy: 'labels, `startsAt` and status of each alert',
    ignores: 'no data, error, paused and test alerts; legacy and custom payloads',
    knownFrom: 'documentation',
  },
  challenges: ['Bearer', 'Basic'],
  verify: (request, settings) => {
    verifyGrafana(request, schemeOf(settings))
    return undefined
  },
  read: (payload) => readGrafana(payload),
  sign: (body, settings, { atMs }) => ({ headers: signGrafana(body, schemeOf(settings), atMs) }),
})

function schemeOf(settings: Settings): GrafanaScheme {
  return {
    secrets: settings.WEBHOOK_GRAFANA_SECRETS ?? [],
    tokens: settings.WEBHOOK_GRAFANA_TOKENS ?? [],
    signatureHeader: settings.GRAFANA_SIGNATURE_HEADER,
    timestampHeader: settings.GRAFANA_TIMESTAMP_HEADER,
  }
}

function readGrafana(payload: unknown): DeliveryItem[] {
  const { version, groupKey, orgId, ruleName } = Payload.safeParse(payload).data ?? {}
  const ignored = (reason: string, subject = 'grafana'): DeliveryItem[] => [
    { ignored: reason, subject: textOf(subject) || 'grafana' },
  ]
  if (ruleName !== undefined) return ignored('a payload of legacy alerting, before Grafana 9', ruleName)
  if (version !== '1') return ignored('the payload is not of version 1, which Grafana Alerting sends')
  if (groupKey !== undefined && TEST_GROUP.test(groupKey)) return ignored('a test of the contact point')
  return readAlerts(payload, { source: 'grafana', account: textOf(orgId) })
}
