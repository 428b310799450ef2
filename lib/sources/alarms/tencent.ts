import * as z from 'zod'
import { parseStrictJson } from '../../http/body.ts'
import { isZone } from '../local-time.ts'
import { OptionalSetting } from '../settings.ts'
import { type WebhookReply, webhookSource } from '../source.ts'
import { Secrets } from '../verify/secrets.ts'
import { tokenHeader, verifyToken } from '../verify/token.ts'
import { readTencent } from './tencent/callback.ts'

/**
 * Alarm callbacks of Tencent Cloud Observability Platform (Cloud Monitor), for metrics and events.
 * Source: https://www.tencentcloud.com/document/product/248/38919
 */

/** Callbacks have times without a zone; captures show UTC+8. */
const DEFAULT_ZONE = 'Asia/Shanghai'

const Settings = z.object({
  WEBHOOK_TENCENT_SECRETS: Secrets.describe(
    'Secrets of `POST /webhooks/tencent`, separated by commas: shown as `?token=`, or before the host of the URL if it is `user:password`',
  ),
  TENCENT_CALLBACK_CODE: OptionalSetting(
    z.string().regex(/^[\x21-\x7e]{1,256}$/, 'must be the code that the console shows'),
  ).describe('The console’s verification code of the callback URL: the reply to authentic requests that are no alarm'),
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
    verifiedBy: 'a secret in `?token=`, Basic or Bearer (it cannot sign)',
    dedupedBy: 'policy, metric or event, dimensions, `firstOccurTime`, status',
    repliedWith: '200 `{ sessionId, retCode: 0 }`, or the verification code',
    ignores: 'bodies of notification content templates',
    knownFrom: 'documentation',
  },
  challenges: ['Basic'],
  verify: (request, { WEBHOOK_TENCENT_SECRETS }) => {
    verifyToken(request, WEBHOOK_TENCENT_SECRETS, { query: 'token' })
    return undefined
  },
  // The console's request that verifies a URL is documented nowhere: a body that is no object is ignored, not rejected.
  parse: (body) => (BEGINS_OBJECT.test(body.subarray(0, 64).toString('latin1')) ? parseStrictJson(body) : undefined),
  read: (payload, { atMs, settings }) => [readTencent(payload, { zone: settings.TENCENT_ALARM_ZONE, nearMs: atMs })],
  reply: replyOf,
  zone: ({ TENCENT_ALARM_ZONE }) => TENCENT_ALARM_ZONE,
  sign: (_body, { WEBHOOK_TENCENT_SECRETS: [secret = ''] }) =>
    secret.includes(':')
      ? { headers: { authorization: tokenHeader(secret) } }
      : { headers: {}, query: String(new URLSearchParams({ token: secret })) },
})

/** Allows a byte order mark, which `parseStrictJson` skips. */
const BEGINS_OBJECT = /^(\xef\xbb\xbf)?\s*\{/

/** Tencent Cloud once required `retCode` and now accepts any 200; this reply satisfies both. */
function replyOf(payload: unknown, _results: unknown, { TENCENT_CALLBACK_CODE }: Settings): WebhookReply {
  const { sessionId } = z.object({ sessionId: z.string().max(256).optional() }).safeParse(payload).data ?? {}
  const isProbe = sessionId === undefined && TENCENT_CALLBACK_CODE !== undefined
  if (isProbe) return { contentType: 'text/plain', body: TENCENT_CALLBACK_CODE }
  return { contentType: 'application/json', body: JSON.stringify({ sessionId, retCode: 0 }) }
}
