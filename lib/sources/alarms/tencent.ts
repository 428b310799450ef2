import * as z from 'zod'
import { parseStrictJson } from '../../http/body.ts'
import { isZone } from '../local-time.ts'
import { OptionalSetting } from '../settings.ts'
import { type WebhookReply, webhookSource } from '../source.ts'
import { Secrets } from '../verify/secrets.ts'
import { tokenHeader, verifyToken } from '../verify/token.ts'
import { readTencent } from './tencent/callback.ts'

/**
 * Alarm callbacks of Tencent Cloud Observability Platform (Cloud Monitor), of metrics and of events.
 * Source: https://www.tencentcloud.com/document/product/248/38919
 */

/** Callbacks say times without a zone; captures have them in UTC+8. */
const DEFAULT_ZONE = 'Asia/Shanghai'

const Settings = z.object({
  WEBHOOK_TENCENT_SECRETS: Secrets.describe(
    'Secrets of `POST /webhooks/tencent`, by comma: shown as `?token=`, or, where it is `user:password`, in the URL before the host',
  ),
  TENCENT_CALLBACK_CODE: OptionalSetting(
    z.string().regex(/^[\x21-\x7e]{1,256}$/, 'must be the code that the console shows'),
  ).describe('The console’s verification code of the callback URL: the answer to whatever is authentic and no alarm'),
  TENCENT_ALARM_ZONE: OptionalSetting(z.string().refine(isZone, 'must be an IANA time zone such as Asia/Shanghai'))
    .transform((zone = DEFAULT_ZONE) => zone)
    .describe(`The time zone of the notification template (default ${DEFAULT_ZONE})`),
})
type Settings = z.infer<typeof Settings>

export const tencent = webhookSource({
  name: 'tencent',
  kind: 'alarm',
  settings: Settings,
  secrets: {
    WEBHOOK_TENCENT_SECRETS: { use: 'shown', lets: 'send any alarm as `tencent`' },
  },
  says: {
    verifiedBy: 'a secret, as `?token=`, Basic or Bearer (it cannot sign)',
    dedupedBy: 'policy, metric or event, dimensions, `firstOccurTime`, status',
    repliedWith: '200 `{ sessionId, retCode: 0 }`, or the code of its verification',
    ignores: 'bodies of notification content templates',
    knownFrom: 'documentation',
  },
  verify: (delivery, { WEBHOOK_TENCENT_SECRETS }) => {
    verifyToken(delivery, WEBHOOK_TENCENT_SECRETS, { query: 'token' })
    return undefined
  },
  // What the console sends to verify a URL is documented nowhere; what is no object is no alarm, and needs no refusal.
  parse: (body) => (BEGINS_OBJECT.test(body.subarray(0, 64).toString('latin1')) ? parseStrictJson(body) : undefined),
  read: (payload, { atMs }, { TENCENT_ALARM_ZONE }) => [readTencent(payload, TENCENT_ALARM_ZONE, atMs)],
  reply: replyOf,
  zone: ({ TENCENT_ALARM_ZONE }) => TENCENT_ALARM_ZONE,
  sign: (_body, { WEBHOOK_TENCENT_SECRETS: [secret = ''] }) =>
    secret.includes(':')
      ? { headers: { authorization: tokenHeader(secret) } }
      : { headers: {}, query: String(new URLSearchParams({ token: secret })) },
})

/** Also after a byte order mark, which `parseJson` passes over. */
const BEGINS_OBJECT = /^(\xef\xbb\xbf)?\s*\{/

/** Once `retCode` was asked for, now it is any 200; this is both. */
function replyOf(payload: unknown, _results: unknown, { TENCENT_CALLBACK_CODE }: Settings): WebhookReply {
  const { sessionId } = z.object({ sessionId: z.string().max(256).optional() }).safeParse(payload).data ?? {}
  const isProbe = sessionId === undefined && TENCENT_CALLBACK_CODE !== undefined
  if (isProbe) return { contentType: 'text/plain', body: TENCENT_CALLBACK_CODE }
  return { contentType: 'application/json', body: JSON.stringify({ sessionId, retCode: 0 }) }
}
