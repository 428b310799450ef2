import { makeCertificate } from '../../../lib/local/certificate.ts'
import type { WebhookRequest, WebhookSource } from '../../../lib/sources/source.ts'
import { SOURCES } from '../../../lib/sources/sources.ts'
import { tokenHeader } from '../../../lib/sources/verify/token.ts'

/** The variables that a source reads. */
export type Variables = Record<string, string>

/** One way in which a source proves itself. A source may have several; each source has one. */
export interface Scheme {
  source: string
  by: string
  /** Variables with one of these secrets, or with several, the first of which signs. */
  configured(secrets: readonly string[]): Variables
  /** Two that are good. */
  secrets: readonly [string, string]
  /** Headers without which nothing is authentic. */
  headers: string[]
  /** What shows the proof: a bit of it is flipped. */
  proof: { header: string } | { query: string } | { field: string }
  /** Where `sign` of the source shows its other proof. */
  sign?: (secret: string) => { headers: Record<string, string> }
  /** A secret that is merely shown proves nothing about the body. */
  provesBody: boolean
  /** How far the signed time may be off. Without it, no time is signed. */
  window?: { oldMs: number; aheadMs: number }
  /** Headers that may have several values, and why. */
  lists?: Record<string, string>
  /** What proves it where no secret is configured. */
  otherwise?: string
}

const KEYS = [`whsec_${'A'.repeat(32)}`, `whsec_${'B'.repeat(32)}`] as const
const TOKENS = ['first-token-0123456789', 'second-token-0123456789'] as const
const LOGINS = ['steadyhand:first-password-0123', 'steadyhand:second-password-0123'] as const

const FIVE_MINUTES = { oldMs: 300_000, aheadMs: 300_000 }
const listed = (variable: string) => (secrets: readonly string[]) => ({ [variable]: secrets.join(',') })

/** Before the clock of every test; the certificates are good for ten years. */
const CERTIFIED_MS = Date.parse('2025-06-01T00:00:00Z')
const CERTIFICATES = new Map(
  ['a', 'b'].map((name) => {
    const { key, certificate } = makeCertificate(name, CERTIFIED_MS)
    return [key, certificate]
  }),
)
const [keyA = '', keyB = ''] = CERTIFICATES.keys()

const STANDARD_WEBHOOKS = {
  by: 'Standard Webhooks',
  secrets: KEYS,
  headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
  proof: { header: 'webhook-signature' },
  provesBody: true,
  window: FIVE_MINUTES,
} satisfies Partial<Scheme>

const AUTHORIZATION = {
  headers: ['authorization'],
  proof: { header: 'authorization' },
  provesBody: false,
} satisfies Partial<Scheme>
const BEARER = { by: 'bearer token', secrets: TOKENS, ...AUTHORIZATION } satisfies Partial<Scheme>
const BASIC = { by: 'user and password', secrets: LOGINS, ...AUTHORIZATION } satisfies Partial<Scheme>

export const SCHEMES: Scheme[] = [
  { source: 'alertmanager', configured: listed('WEBHOOK_ALERTMANAGER_SECRETS'), ...BEARER },
  { source: 'alertmanager', configured: listed('WEBHOOK_ALERTMANAGER_SECRETS'), ...BASIC },
  { source: 'generic', configured: listed('WEBHOOK_GENERIC_SECRETS'), ...STANDARD_WEBHOOKS },
  {
    source: 'github',
    by: 'X-Hub-Signature-256',
    configured: listed('WEBHOOK_GITHUB_SECRETS'),
    secrets: TOKENS,
    headers: ['x-hub-signature-256'],
    proof: { header: 'x-hub-signature-256' },
    provesBody: true,
  },
  {
    source: 'grafana',
    by: 'HMAC of the body',
    configured: listed('WEBHOOK_GRAFANA_SECRETS'),
    secrets: TOKENS,
    headers: ['x-grafana-alerting-signature'],
    proof: { header: 'x-grafana-alerting-signature' },
    provesBody: true,
  },
  {
    source: 'grafana',
    by: 'HMAC of time and body',
    configured: (secrets) => ({
      ...listed('WEBHOOK_GRAFANA_SECRETS')(secrets),
      GRAFANA_SIGNATURE_HEADER: 'X-Signature',
      GRAFANA_TIMESTAMP_HEADER: 'X-Time',
    }),
    secrets: TOKENS,
    headers: ['x-signature', 'x-time'],
    proof: { header: 'x-signature' },
    provesBody: true,
    window: FIVE_MINUTES,
  },
  {
    source: 'grafana',
    configured: listed('WEBHOOK_GRAFANA_TOKENS'),
    ...BEARER,
    sign: (secret) => ({ headers: { authorization: tokenHeader(secret) } }),
  },
  {
    source: 'grafana',
    configured: listed('WEBHOOK_GRAFANA_TOKENS'),
    ...BASIC,
    sign: (secret) => ({ headers: { authorization: tokenHeader(secret) } }),
  },
  {
    source: 'huawei',
    by: 'RSA, in the body',
    configured: (keys) => ({
      WEBHOOK_HUAWEI_TOPICS: 'urn:smn:cn-north-4:00000000000000000000000051b1a7ed:steadyhand-alarms',
      HUAWEI_SMN_CERTIFICATE: keys.map((key) => CERTIFICATES.get(key) ?? '').join('\n'),
      HUAWEI_SMN_SIGNING_KEY: keys[0] ?? '',
    }),
    secrets: [keyA, keyB],
    headers: [],
    proof: { field: 'signature' },
    provesBody: true,
    window: { oldMs: 26 * 3_600_000, aheadMs: 300_000 },
    otherwise: 'the certificate that SMN publishes',
  },
  {
    source: 'jira',
    by: 'X-Hub-Signature',
    configured: listed('WEBHOOK_JIRA_SECRETS'),
    secrets: TOKENS,
    headers: ['x-hub-signature'],
    proof: { header: 'x-hub-signature' },
    provesBody: true,
  },
  {
    source: 'jira',
    by: 'secret header of automation',
    configured: listed('WEBHOOK_JIRA_TOKENS'),
    secrets: TOKENS,
    headers: ['x-webhook-secret'],
    proof: { header: 'x-webhook-secret' },
    sign: (secret) => ({ headers: { 'x-webhook-secret': secret } }),
    provesBody: false,
  },
  {
    source: 'pagerduty',
    by: 'X-PagerDuty-Signature',
    configured: listed('WEBHOOK_PAGERDUTY_SECRETS'),
    secrets: TOKENS,
    headers: ['x-pagerduty-signature'],
    proof: { header: 'x-pagerduty-signature' },
    provesBody: true,
    lists: { 'x-pagerduty-signature': 'it is a list by comma: a signature for each secret of the subscription' },
  },
  { source: 'servicenow', configured: listed('WEBHOOK_SERVICENOW_SECRETS'), ...STANDARD_WEBHOOKS },
  { source: 'servicenow', configured: listed('WEBHOOK_SERVICENOW_SECRETS'), ...BEARER },
  {
    source: 'tencent',
    by: 'token in the query',
    configured: listed('WEBHOOK_TENCENT_SECRETS'),
    secrets: TOKENS,
    headers: [],
    proof: { query: 'token' },
    provesBody: false,
  },
  { source: 'tencent', configured: listed('WEBHOOK_TENCENT_SECRETS'), ...BASIC },
]

export function sourceOf({ source }: Pick<Scheme, 'source'>): WebhookSource {
  const found = SOURCES.get(source)
  if (!found) throw new Error(`there is no source ${source}`)
  return found
}

interface Sent {
  /** The first signs; one good secret unless given. */
  secrets?: readonly string[]
  atMs: number
  id?: string
}

/** A delivery as the source would send it. */
export function delivered(
  scheme: Scheme,
  text: string,
  { secrets = [scheme.secrets[0]], ...sent }: Sent,
): WebhookRequest {
  return deliveredBy(scheme, text, sourceOf(scheme).settings.parse(scheme.configured(secrets)), secrets[0] ?? '', sent)
}

/** The same with settings that no configuration gives. */
export function deliveredBy(
  scheme: Scheme,
  text: string,
  settings: unknown,
  secret: string,
  { atMs, id = 'msg_1' }: Omit<Sent, 'secrets'>,
): WebhookRequest {
  const signed: ReturnType<WebhookSource['sign']> =
    scheme.sign?.(secret) ?? sourceOf(scheme).sign(text, settings, { id, atMs })
  const { headers, query = '', body = text } = signed
  const fields = Object.fromEntries(new URLSearchParams(query))
  return { method: 'POST', headers, query: fields, body: Buffer.from(body), atMs }
}
