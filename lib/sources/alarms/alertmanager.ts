import * as z from 'zod'
import { webhookSource } from '../source.ts'
import { Secrets } from '../verify/secrets.ts'
import { tokenHeader, verifyToken } from '../verify/token.ts'
import { readAlerts } from './prometheus.ts'

/**
 * Prometheus Alertmanager, and whatever else sends its webhooks (Mimir, VictoriaMetrics).
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */

const Settings = z.object({
  WEBHOOK_ALERTMANAGER_SECRETS: Secrets.describe(
    'Secrets of `POST /webhooks/alertmanager`, by comma: `authorization.credentials`, or `user:password` of `basic_auth`',
  ),
})

/** Of the payload; the first versions that sent webhooks at all said it. */
const VERSION = '4'

export const alertmanager = webhookSource({
  name: 'alertmanager',
  kind: 'alarm',
  settings: Settings,
  secrets: {
    WEBHOOK_ALERTMANAGER_SECRETS: { use: 'shown', lets: 'send any alarm as `alertmanager`' },
  },
  says: {
    verifiedBy: 'Bearer or Basic (it cannot sign)',
    dedupedBy: 'labels, `startsAt`, status, of each alert',
    ignores: 'Watchdog, InfoInhibitor; Grafana’s no data, error, test; custom payloads',
    knownFrom: 'documentation',
  },
  verify: (delivery, { WEBHOOK_ALERTMANAGER_SECRETS }) => {
    verifyToken(delivery, WEBHOOK_ALERTMANAGER_SECRETS)
    return undefined
  },
  read: (payload) => {
    const { version = VERSION } = z.object({ version: z.unknown() }).partial().safeParse(payload).data ?? {}
    if (version !== VERSION) {
      return [
        {
          ignored: `its payload is not of version ${VERSION}, the one that Alertmanager sends`,
          subject: 'alertmanager',
        },
      ]
    }
    return readAlerts(payload, { source: 'alertmanager', account: '' })
  },
  sign: (_body, { WEBHOOK_ALERTMANAGER_SECRETS: [secret = ''] }) => ({
    headers: { authorization: tokenHeader(secret) },
  }),
})
