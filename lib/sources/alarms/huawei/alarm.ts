import { textOf } from '../../../basics/text-of.ts'
import type { Alarm } from '../../alarm.ts'
import { dedupeKeyOf, sortedEntries } from '../../dedupe-key.ts'
import { instantMs, whenOf } from '../../instant.ts'
import { severityOf } from '../../severity.ts'
import type { DeliveryItem } from '../../source.ts'
import { dcsEventOf } from './events.ts'
import { type CloudEyeMessage, detailOf, readCloudEyeMessage } from './message.ts'
import { agreeingPairs, pairsOf } from './pairs.ts'
import type { Notification } from './smn/envelope.ts'
import type { Topic } from './smn/topic.ts'

const STATUSES: ReadonlyMap<string, Alarm['status'] | 'no data'> = new Map([
  ['alarm', 'firing'],
  ['ok', 'resolved'],
  // By hand, in the console.
  ['ok_manual', 'resolved'],
  ['insufficient_data', 'no data'],
  ['invalid', 'no data'],
])

/** The API's levels; the console's are words, in English or in Chinese. */
const LEVELS: ReadonlyMap<string, string> = new Map([
  ['1', 'critical'],
  ['2', 'major'],
  ['3', 'minor'],
  ['4', 'info'],
])

/** @param notification that is verified */
export function readCloudEyeAlarm(notification: Notification, topic: Topic): DeliveryItem {
  const message = readCloudEyeMessage(notification.message)
  const subject = textOf(notification.subject || notification.message, MAX_NAME)
  if ('not' in message) return { ignored: `not an alarm message of Cloud Eye: ${message.not}`, subject }
  const { template_variable: variables } = message
  const id = message.alarm_id ?? variables.AlarmId
  if (id === undefined) return { ignored: 'not an alarm message of Cloud Eye: alarm_id is missing', subject }
  const name = textOf(message.alarm_name ?? variables.AlarmRuleName ?? id, MAX_NAME)
  const status = statusOf(message)
  // It has another time than the first, and nothing in it is known to be the same: acted on, it would be an alarm of its own.
  const isRepeat = status === 'firing' && variables.IsCycleTrigger?.toLowerCase() === 'true'
  const why = isRepeat ? 'repeats an alarm that was told before' : NOTHING_TO_DO.get(status)
  return why === undefined && (status === 'firing' || status === 'resolved')
    ? { alarm: alarmOf(message, { id: textOf(id, MAX_NAME), name, status }, notification, topic) }
    : { ignored: why ?? `its status is ${JSON.stringify(textOf(status, 40))}`, subject: name }
}

const NOTHING_TO_DO: ReadonlyMap<string, string> = new Map([
  ['no data', 'there is no data to tell by'],
  ['', 'not an alarm message of Cloud Eye: alarm_status is missing'],
])

const IS_ALARM: ReadonlyMap<string, string> = new Map([
  ['true', 'alarm'],
  ['false', 'ok'],
])

/** @returns `''` where it says nothing; its own word where we do not know it */
function statusOf({
  alarm_status,
  metric_name,
  template_variable: { IsAlarm, EventContent },
}: CloudEyeMessage): string {
  const told = alarm_status?.toLowerCase() ?? IS_ALARM.get(IsAlarm?.toLowerCase() ?? '') ?? ''
  const status = STATUSES.get(told) ?? told
  return status === 'firing' && dcsEventOf(metric_name, detailOf(EventContent).event_name)?.recovery
    ? 'resolved'
    : status
}

/** An instance's id, as DCS has it. */
const INSTANCE = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

const REGION = /^[a-z]{2,8}(?:-[a-z0-9]+)+$/

const MAX_NAME = 200

function alarmOf(
  message: CloudEyeMessage,
  { id, name, status }: { id: string; name: string; status: Alarm['status'] },
  { subject, timestamp }: Notification,
  topic: Topic,
): Alarm {
  const { namespace, metric_name, template_variable: variables } = message
  const detail = detailOf(variables.EventContent)
  const event = dcsEventOf(metric_name, detail.event_name)
  const given = agreeingPairs(pairsOf(detail.dimensions, /:/), pairsOf(message.dimension, /:/))
  const resource = variables.ResourceId ?? detail.resource_id ?? given.dcs_instance_id
  const isInstance = (namespace === 'SYS.DCS' || event) && resource !== undefined && INSTANCE.test(resource)
  const where = sortedEntries(given)
  const occurredMs = instantMs(message.time) ?? Date.parse(timestamp)
  return {
    source: 'huawei',
    identity: id,
    name,
    account: textOf(variables.AccountName ?? topic.project, MAX_NAME),
    // The topic of a notification group is of one region, and tells of all.
    region: REGION.test(variables.RegionId ?? '') ? textOf(variables.RegionId, MAX_NAME) : topic.region,
    status,
    ...severityOf(LEVELS.get(variables.AlarmLevel ?? '') ?? variables.AlarmLevel),
    resource: resource === undefined ? undefined : textOf(resource, MAX_NAME),
    ...whenOf(occurredMs, timestamp),
    // One rule is of many resources, and may be of several metrics; an alarm that goes to two topics is still one.
    dedupeKey: dedupeKeyOf(id, metric_name, where.length > 0 ? where : resource, status, occurredMs),
    reason: textOf(message.default_content ?? message.sms_content ?? subject),
    dimensions: {
      ...(isInstance ? { dcs_instance_id: resource } : {}),
      ...given,
      ...pairsOf({ namespace, metric_name }, /:/),
    },
    tags: pairsOf(variables.ResourceTags, /[=:]/),
    duringOwnRun: event?.duringOwnRun,
  }
}
