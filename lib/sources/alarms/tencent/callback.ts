import * as z from 'zod'
import { firstIssueOf } from '../../../basics/field-issues.ts'
import { textOf } from '../../../basics/text-of.ts'
import type { Alarm } from '../../alarm.ts'
import { dedupeKeyOf, sortedEntries } from '../../dedupe-key.ts'
import { instantMs, type TimeContext, type When, whenOf } from '../../instant.ts'
import { severityOf } from '../../severity.ts'
import type { DeliveryItem } from '../../source.ts'
import { isEmr, withEmrDimensions } from './emr-dimensions.ts'
import { regionOf } from './regions.ts'

/** Numbers come as text, and the other way round; any other type counts as absent. */
const Text = z.union([z.string(), z.number()]).transform(String).optional().catch(undefined)

const Tags = z
  .array(z.object({ key: Text, value: Text }).catch({ key: undefined, value: undefined }))
  .optional()
  .catch(undefined)

const Callback = z.object({
  alarmStatus: z.union([z.string(), z.number()], 'is missing, or no status').transform(String),
  alarmLevel: Text,
  firstOccurTime: z.unknown().optional(),
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

/** @param time zone of the callback's times, and its arrival time */
export function readTencent(payload: unknown, time: TimeContext): DeliveryItem {
  const parsed = Callback.safeParse(payload)
  if (!parsed.success) {
    const fault = payload === undefined ? 'the body is no JSON object' : firstIssueOf(parsed.error)
    return { ignored: textOf(`not an alarm callback in the standard format: ${fault}`), subject: 'tencent' }
  }
  const { alarmStatus, alarmPolicyInfo, firstOccurTime, recoverTime } = parsed.data
  const name = textOf(alarmPolicyInfo.policyName || alarmPolicyInfo.policyId)
  if (!name) return { ignored: 'it names no alarm policy', subject: 'tencent' }
  const status = STATUSES.get(alarmStatus)
  if (!status) return { ignored: textOf(`the status is ${JSON.stringify(alarmStatus)}`), subject: name }
  // `recoverTime` is "0" while the alarm lasts, and for some alarms even after it; only the status decides.
  const recoveredMs = status === 'resolved' ? instantMs(recoverTime, time) : undefined
  const when = whenOf(recoveredMs ?? instantMs(firstOccurTime, time), firstOccurTime)
  return { alarm: alarmOf(parsed.data, { name, status, ...when }) }
}

function alarmOf({ firstOccurTime, ...callback }: Callback, known: When & Pick<Alarm, 'name' | 'status'>): Alarm {
  const { region, namespace = '', appId, uin } = callback.alarmObjInfo
  const { policyId, policyName, policyTags = [], tag = [], conditions } = callback.alarmPolicyInfo
  const given = dimensionsOf(callback.alarmObjInfo.dimensions ?? {})
  const { objName: _, deviceName: __, ...identifying } = given // people may change these names while the alarm lasts
  const signal = conditions.metricName || conditions.eventName || ''
  const key = [policyId || policyName, namespace, sortedEntries(identifying), firstOccurTime, signal, known.status]
  return {
    source: 'tencent',
    ...known,
    identity: textOf(policyId || policyName),
    account: textOf(uin || appId),
    region: regionOf(textOf(region)),
    ...severityOf(callback.alarmLevel),
    resource: textOf(given.objId || given.unInstanceId) || undefined,
    dedupeKey: dedupeKeyOf(...key),
    reason: textOf(reasonOf(conditions)),
    dimensions: isEmr(namespace, conditions.productName ?? '') ? withEmrDimensions(namespace, given) : given,
    tags: boundedEntries([...tag, ...policyTags].map(({ key = '', value }) => [key, value])),
  }
}

/** Events have their dimensions one level deeper. */
function dimensionsOf({ objDetail, ...dimensions }: Record<string, unknown>): Record<string, string> {
  const detail = z.record(z.string(), z.unknown()).safeParse(objDetail).data ?? {}
  return boundedEntries(Object.entries({ ...detail, ...dimensions }))
}

const MAX_ENTRIES = 50
const MAX_VALUE = 256

/** Keeps single values. A value longer than any id is left out, because a part of it would name something else. */
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
