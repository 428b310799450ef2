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
  // Set by hand in the console.
  ['ok_manual', 'resolved'],
  ['insufficient_data', 'no data'],
  ['invalid', 'no data'],
])

/** Levels of the API. The console sends words, in English or Chinese. */
const LEVELS: ReadonlyMap<string, string> = new Map([
  ['1', 'critical'],
  ['2', 'major'],
  ['3', 'minor'],
  ['4', 'info'],
])

/** @param notification must be verified */
export function readCloudEyeAlarm(notification: Notification, topic: Topic): DeliveryItem {
  const message = readCloudEyeMessage(notification.message)
  const subject = textOf(notification.subject || notification.message, MAX_NAME)
  if ('not' in message) return { ignored: `not an alarm message of Cloud Eye: ${message.not}`, subject }
  const { template_variable: variables } = message
  const id = message.alarm_id ?? variables.AlarmId
  if (id === undefined) return { ignored: 'not an alarm message of Cloud Eye: alarm_id is missing', subject }
  const name = textOf(message.alarm_name ?? variables.AlarmRuleName ?? id, MAX_NAME)
  const status = statusOf(message)
  // A repeat has a new time, and no field that is known to stay equal: acted on, it would count as another alarm.
  const isRepeat = status === 'firing' && variables.IsCycleTrigger?.toLowerCase() === 'true'
  const reason = isRepeat ? 'repeats an earlier alarm' : IGNORED_STATUSES.get(status)
  return reason === undefined && (status === 'firing' || status === 'resolved')
    ? { alarm: alarmOf(message, { identity: textOf(id, MAX_NAME), name, status }, { notification, topic }) }
    : { ignored: reason ?? `the status is ${JSON.stringify(textOf(status, 40))}`, subject: name }
}

const IGNORED_STATUSES: ReadonlyMap<string, string> = new Map([
  ['no data', 'Cloud Eye has no data'],
  ['', 'not an alarm message of Cloud Eye: alarm_status is missing'],
])

const IS_ALARM: ReadonlyMap<string, string> = new Map([
  ['true', 'alarm'],
  ['false', 'ok'],
])

/** @returns `''` if the message has no status; the message's own word if it is unknown */
function statusOf({
  alarm_status,
  metric_name,
  template_variable: { IsAlarm, EventContent },
}: CloudEyeMessage): string {
  const word = alarm_status?.toLowerCase() ?? IS_ALARM.get(IsAlarm?.toLowerCase() ?? '') ?? ''
  const status = STATUSES.get(word) ?? word
  return status === 'firing' && dcsEventOf(metric_name, detailOf(EventContent).event_name)?.recovery
    ? 'resolved'
    : status
}

/** The form of an instance id of DCS. */
const INSTANCE = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/

const REGION = /^[a-z]{2,8}(?:-[a-z0-9]+)+$/

const MAX_NAME = 200

function alarmOf(
  message: CloudEyeMessage,
  known: Pick<Alarm, 'identity' | 'name' | 'status'>,
  { notification: { subject, timestamp }, topic }: { notification: Notification; topic: Topic },
): Alarm {
  const { namespace, metric_name, template_variable: variables } = message
  const detail = detailOf(variables.EventContent)
  const event = dcsEventOf(metric_name, detail.event_name)
  const given = agreeingPairs(pairsOf(detail.dimensions, /:/), pairsOf(message.dimension, /:/))
  const resource = variables.ResourceId ?? detail.resource_id ?? given.dcs_instance_id
  const isInstance = (namespace === 'SYS.DCS' || event) && resource !== undefined && INSTANCE.test(resource)
  const { identity, status } = known
  const dimensions = sortedEntries(given)
  const occurredMs = instantMs(message.time) ?? Date.parse(timestamp)
  return {
    source: 'huawei',
    ...known,
    account: textOf(variables.AccountName ?? topic.project, MAX_NAME),
    // The topic of a notification group is in one region, and has alarms of all.
    region: REGION.test(variables.RegionId ?? '') ? textOf(variables.RegionId, MAX_NAME) : topic.region,
    ...severityOf(LEVELS.get(variables.AlarmLevel ?? '') ?? variables.AlarmLevel),
    resource: resource === undefined ? undefined : textOf(resource, MAX_NAME),
    ...whenOf(occurredMs, timestamp),
    // One alarm rule covers many resources, and may cover several metrics. An alarm sent to two topics has one key.
    dedupeKey: dedupeKeyOf(identity, metric_name, dimensions.length > 0 ? dimensions : resource, status, occurredMs),
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
