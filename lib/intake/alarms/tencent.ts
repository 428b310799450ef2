import * as z from 'zod'
import { type Alarm, type Severity, textOf } from '../alarm.ts'
import { parseJson } from '../body.ts'
import { dedupeKeyOf, sortedEntries } from '../dedupe-key.ts'
import { instantOf, isZone } from '../local-time.ts'
import { type Reading, type Reply, webhookSource } from '../source.ts'
import { Secrets, Unset } from '../verify/secrets.ts'
import { tokenHeader, verifyToken } from '../verify/token.ts'
import { isEmr, withEmrDimensions } from './tencent-emr.ts'
import { regionOf } from './tencent-regions.ts'

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
  TENCENT_CALLBACK_CODE: Unset(
    z.string().regex(/^[\x21-\x7e]{1,256}$/, 'must be the code that the console shows'),
  ).describe('The console’s verification code of the callback URL: the answer to whatever is authentic and no alarm'),
  TENCENT_ALARM_ZONE: Unset(z.string().refine(isZone, 'must be an IANA time zone such as Asia/Shanghai'))
    .transform((zone = DEFAULT_ZONE) => zone)
    .describe(`The time zone of the notification template (default ${DEFAULT_ZONE})`),
})
type Settings = z.infer<typeof Settings>

/** Numbers come as texts, and the other way round; what is neither is as if it were absent. */
const Text = z.union([z.string(), z.number()]).transform(String).optional().catch(undefined)

const Tags = z
  .array(z.object({ key: Text, value: Text }).catch({ key: undefined, value: undefined }))
  .optional()
  .catch(undefined)

const Callback = z.object({
  alarmStatus: z.union([z.string(), z.number()], 'is missing, or no status').transform(String),
  alarmLevel: Text,
  firstOccurTime: z.string(),
  recoverTime: Text,
  alarmObjInfo: z.object({
    region: Text,
    namespace: Text,
    appId: Text,
    uin: Text,
    dimensions: z.record(z.string(), z.unknown()).optional().catch(undefined),
  }),
  alarmPolicyInfo: z.object({
    policyId: Text,
    policyName: Text,
    policyTags: Tags,
    tag: Tags,
    conditions: z
      .object({
        metricName: Text,
        metricShowName: Text,
        calcType: Text,
        calcValue: Text,
        calcUnit: Text,
        currentValue: Text,
        unit: Text,
        productName: Text,
        eventName: Text,
        eventShowName: Text,
      })
      .partial()
      .catch({}),
  }),
})
type Callback = z.infer<typeof Callback>

const STATUSES: ReadonlyMap<string, Alarm['status']> = new Map([
  ['1', 'firing'],
  ['0', 'resolved'],
])

/** Of the API's `AlarmLevels`. */
const SEVERITIES: ReadonlyMap<string, Severity> = new Map([
  ['serious', 'critical'],
  ['warn', 'minor'],
  ['remind', 'info'],
])

export const tencent = webhookSource({
  name: 'tencent',
  kind: 'alarm',
  settings: Settings,
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
  parse: (body) => (BEGINS_OBJECT.test(body.subarray(0, 64).toString('latin1')) ? parseJson(body) : undefined),
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

function readTencent(payload: unknown, zone: string, atMs: number): Reading {
  const parsed = Callback.safeParse(payload)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const what = payload === undefined ? 'no JSON object' : `${issue?.path.join('.') || 'body'}: ${issue?.message}`
    return { ignored: textOf(`not an alarm callback in the standard shape: ${what}`), about: 'tencent' }
  }
  const { alarmStatus, alarmPolicyInfo, firstOccurTime, recoverTime } = parsed.data
  const about = textOf(alarmPolicyInfo.policyName || alarmPolicyInfo.policyId)
  if (!about) return { ignored: 'it names no alarm policy', about: 'tencent' }
  const status = STATUSES.get(alarmStatus)
  if (!status) return { ignored: textOf(`its status is ${JSON.stringify(alarmStatus)}`), about }
  const firstMs = instantOf(firstOccurTime, zone, atMs)
  if (firstMs === undefined) return { ignored: 'its time cannot be read', about }
  // `recoverTime` is "0" while it lasts, and for some even after; the status is what counts.
  const recoveredMs = status === 'resolved' && recoverTime ? instantOf(recoverTime, zone, atMs) : undefined
  return { alarm: alarmOf(parsed.data, status, about, new Date(recoveredMs ?? firstMs)) }
}

function alarmOf({ firstOccurTime, ...callback }: Callback, status: Alarm['status'], name: string, at: Date): Alarm {
  const { region, namespace = '', appId, uin } = callback.alarmObjInfo
  const { policyId, policyName, policyTags = [], tag = [], conditions } = callback.alarmPolicyInfo
  const given = dimensionsOf(callback.alarmObjInfo.dimensions ?? {})
  const { objName: _, deviceName: __, ...identifying } = given // names, which people may change while the alarm lasts
  const what = conditions.metricName || conditions.eventName || ''
  const key = [policyId || policyName, namespace, sortedEntries(identifying), firstOccurTime, what, status]
  return {
    source: 'tencent',
    identity: textOf(policyId || policyName),
    name,
    account: textOf(uin || appId),
    region: regionOf(textOf(region)),
    status,
    severity: SEVERITIES.get((callback.alarmLevel ?? '').toLowerCase()),
    resource: textOf(given.objId || given.unInstanceId) || undefined,
    occurredAt: at.toISOString(),
    dedupeKey: dedupeKeyOf(...key),
    reason: textOf(reasonOf(conditions)),
    dimensions: isEmr(namespace, conditions.productName ?? '') ? withEmrDimensions(namespace, given) : given,
    tags: boundedEntries([...tag, ...policyTags].map(({ key = '', value }) => [key, value])),
  }
}

/** Events have what they are about one level deeper. */
function dimensionsOf({ objDetail, ...dimensions }: Record<string, unknown>): Record<string, string> {
  const detail = z.record(z.string(), z.unknown()).safeParse(objDetail).data ?? {}
  return boundedEntries(Object.entries({ ...detail, ...dimensions }))
}

const MAX_ENTRIES = 50
const MAX_VALUE = 256

/** Single values; one that is longer than any id is left out, since a part of it would name something else. */
function boundedEntries(entries: [string, unknown][]): Record<string, string> {
  const texts = entries.flatMap(([key, value]) => {
    const text = Text.parse(value)
    return key !== '' && text !== undefined && Math.max(key.length, text.length) <= MAX_VALUE ? [[key, text]] : []
  })
  return Object.fromEntries(texts.slice(0, MAX_ENTRIES))
}

function reasonOf(conditions: Callback['alarmPolicyInfo']['conditions']): string {
  const { metricShowName, metricName, calcType, calcValue, calcUnit, currentValue, unit } = conditions
  if (conditions.eventName || conditions.eventShowName) return conditions.eventShowName || conditions.eventName || ''
  const threshold = [metricShowName?.trim() || metricName, calcType, calcValue, calcUnit].filter(Boolean).join(' ')
  return currentValue ? `${threshold}: ${[currentValue, unit].filter(Boolean).join(' ')}` : threshold
}

/** Once `retCode` was asked for, now it is any 200; this is both. */
function replyOf(payload: unknown, _results: unknown, { TENCENT_CALLBACK_CODE }: Settings): Reply {
  const { sessionId } = z.object({ sessionId: z.string().max(256).optional() }).safeParse(payload).data ?? {}
  const isProbe = sessionId === undefined && TENCENT_CALLBACK_CODE !== undefined
  if (isProbe) return { contentType: 'text/plain', body: TENCENT_CALLBACK_CODE }
  return { contentType: 'application/json', body: JSON.stringify({ sessionId, retCode: 0 }) }
}
