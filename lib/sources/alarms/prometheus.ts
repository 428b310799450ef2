import * as z from 'zod'
import { firstIssueOf } from '../../basics/field-issues.ts'
import { textOf } from '../../basics/text-of.ts'
import type { Alarm } from '../alarm.ts'
import { dedupeKeyOf, sortedEntries } from '../dedupe-key.ts'
import { own } from '../field-of.ts'
import { instantMs, whenOf } from '../instant.ts'
import { severityOf } from '../severity.ts'
import type { DeliveryItem } from '../source.ts'

/** What Alertmanager and Grafana have in common: a group of alerts, of which each fires or is resolved by itself. */

const Alert = z.object({
  status: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  /** Nanoseconds, and the sender's own offset; of senders that are like it, anything. */
  startsAt: z.unknown().optional(),
  endsAt: z.unknown().optional(),
  /** Grafana. */
  ruleUID: z.string().min(1).max(100).optional().catch(undefined),
})
type Alert = z.infer<typeof Alert>

const Group = z.object({
  alerts: z.array(z.unknown()).min(1),
  receiver: z.string().optional().catch(undefined),
  truncatedAlerts: z.number().int().optional().catch(undefined),
})

/** By their alert names, those that say nothing about what they are named after; wherever Grafana's are sent on to. */
const NOT_TO_ACT_ON: ReadonlyMap<string, string> = new Map([
  ['TestAlert', 'a test of the contact point'],
  ['DatasourceNoData', 'its rule has no data'],
  ['DatasourceError', 'its rule cannot be evaluated'],
  ['Watchdog', 'it always fires, to show that alerts arrive'],
  ['InfoInhibitor', 'it only fires to inhibit others'],
])

/**
 * How Grafana marks an alert whose state is not what its query says: `NoData`, `Error`, `KeepLast`; and, as it ends,
 * `MissingSeries`, `Paused`, `Updated`, `RuleDeleted`.
 * Source: https://github.com/grafana/grafana/blob/main/pkg/services/ngalert/models/alert_rule.go
 */
const STATE_REASON = 'grafana_state_reason'

/** What the sender says of all its alerts. */
type Sender = Pick<Alarm, 'source' | 'account'>

/** Every alert of the group, and what of it is not read. */
export function readAlerts(payload: unknown, sender: Sender): DeliveryItem[] {
  const group = Group.safeParse(payload)
  if (!group.success) {
    return [{ ignored: textOf(`no group of alerts: ${firstIssueOf(group.error)}`), subject: sender.source }]
  }
  const { alerts, receiver, truncatedAlerts = 0 } = group.data
  const subject = textOf(receiver) || sender.source
  return [
    ...alerts.map((alert) => readAlert(alert, sender)),
    ...(truncatedAlerts > 0 ? [{ ignored: `${truncatedAlerts} more alerts, which the sender cut off`, subject }] : []),
  ]
}

function readAlert(raw: unknown, sender: Sender): DeliveryItem {
  const parsed = Alert.safeParse(raw)
  if (!parsed.success) {
    return { ignored: textOf(`no alert: ${firstIssueOf(parsed.error)}`), subject: sender.source }
  }
  const { status, labels, annotations } = parsed.data
  const name = textOf(own(labels, 'alertname'))
  const subject = [name || sender.source, textOf(own(labels, 'rulename'))].filter(Boolean).join(': ')
  const why = NOT_TO_ACT_ON.get(name) ?? stateReason(status, own(annotations ?? {}, STATE_REASON))
  if (why) return { ignored: why, subject }
  if (name === '') return { ignored: 'it has no alert name', subject }
  if (status !== 'firing' && status !== 'resolved')
    return { ignored: `its status is ${JSON.stringify(textOf(status))}`, subject }
  return { alarm: alarmOf(parsed.data, sender, name, status) }
}

/** Neither does want of data prove a fault, nor the end of a rule a recovery. */
function stateReason(status: string, reason: unknown): string | undefined {
  if (typeof reason !== 'string' || reason === '') return undefined
  return textOf(`${status === 'resolved' ? 'it ended' : 'it fires'} for another reason than its query: ${reason}`)
}

function alarmOf(alert: Alert, sender: Sender, name: string, status: Alarm['status']): Alarm {
  const { labels, annotations, startsAt, endsAt, ruleUID } = alert
  const started = whenOf(instantMs(startsAt), startsAt)
  const endedMs = status === 'resolved' ? instantMs(endsAt) : undefined
  const why = ['summary', 'description', 'message'].map((key) => own(annotations ?? {}, key))
  return {
    ...sender,
    identity: textOf(ruleUID) || name,
    name,
    region: '',
    status,
    ...severityOf(own(labels, 'severity')),
    resource: textOf(own(labels, 'instance')) || undefined,
    ...(endedMs === undefined ? started : whenOf(endedMs, endsAt)),
    // Not of the delivery: every other alert that joins the group, and every repeat interval, sends this one again.
    // By the labels, for the fingerprint is what a sender says of them.
    dedupeKey: dedupeKeyOf(sortedEntries(labels), started.unreadTime ?? started.occurredAt, status),
    reason: textOf(why.find((text): text is string => typeof text === 'string' && text !== '')),
    dimensions: labels,
    tags: {},
  }
}
