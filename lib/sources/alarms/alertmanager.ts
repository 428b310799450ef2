import * as z from 'zod'
import { webhookSource } from '../source.ts'
import { Secrets } from '../verify/secrets.ts'
import { tokenHeader, verifyToken } from '../verify/token.ts'
import { readAlerts } from './prometheus.ts'

/**
 * Prometheus Alertmanager, and other senders of its webhooks (Mimir, VictoriaMetrics).
 * Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */

const Settings = z.object({
  WEBHOOK_ALERTMANAGER_SECRETS: Secrets.describe(
    'Secrets of `POST /webhooks/alertmanager`, separated by commas: `authorization.credentials`, or `user:password` of `basic_auth`',
  ),
})

/** Version of the payload. Alertmanager's first versions with webhooks already sent it. */
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
    dedupedBy: 'labels, `startsAt` and status of each alert',
    ignores: 'Watchdog, InfoInhibitor; no data, error and test alerts of Grafana; custom payloads',
    knownFrom: 'documentation',
  },
  challenges: ['Bearer', 'Basic'],
  verify: (request, { WEBHOOK_ALERTMANAGER_SECRETS }) => {
    verifyToken(request, WEBHOOK_ALERTMANAGER_SECRETS)
    return undefined
  },
  read: (payload) => {
    const { version = VERSION } = z.object({ version: z.unknown() }).partial().safeParse(payload).data ?? {}
    if (version !== VERSION) {
      return [
        {
          ignored: `the payload is not of version ${VERSION}, which Alertmanager sends`,
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
