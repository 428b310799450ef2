import * as z from 'zod'
import { firstIssueOf } from '../../basics/field-issues.ts'
import { textOf } from '../../basics/text-of.ts'
import type { Alarm } from '../alarm.ts'
import { dedupeKeyOf, sortedEntries } from '../dedupe-key.ts'
import { own } from '../field-of.ts'
import { instantMs, whenOf } from '../instant.ts'
import { severityOf } from '../severity.ts'
import type { DeliveryItem } from '../source.ts'

/** The payload that Alertmanager and Grafana share: a group of alerts, each firing or resolved on its own. */

const Alert = z.object({
  status: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  /** Alertmanager sends nanoseconds and its own offset; similar senders send other forms. */
  startsAt: z.unknown().optional(),
  endsAt: z.unknown().optional(),
  /** Only Grafana sends it. */
  ruleUID: z.string().min(1).max(100).optional().catch(undefined),
})
type Alert = z.infer<typeof Alert>

const Group = z.object({
  alerts: z.array(z.unknown()).min(1),
  receiver: z.string().optional().catch(undefined),
  truncatedAlerts: z.number().int().optional().catch(undefined),
})

/** Alert names that report no fault of a resource, with the reason. Grafana's may also come through Alertmanager. */
const IGNORED_NAMES: ReadonlyMap<string, string> = new Map([
  ['TestAlert', 'a test of the contact point'],
  ['DatasourceNoData', 'the alert rule has no data'],
  ['DatasourceError', 'the alert rule cannot be evaluated'],
  ['Watchdog', 'it always fires, to show that alerts arrive'],
  ['InfoInhibitor', 'it fires only to inhibit other alerts'],
])

/**
 * Grafana's annotation of an alert whose state does not follow from its query: `NoData`, `Error`, `KeepLast`; at its end
 * `MissingSeries`, `Paused`, `Updated`, `RuleDeleted`.
 * Source: https://github.com/grafana/grafana/blob/main/pkg/services/ngalert/models/alert_rule.go
 */
const STATE_REASON = 'grafana_state_reason'

/** Properties that all alerts of one payload share. */
type Sender = Pick<Alarm, 'source' | 'account'>

/** Reads every alert of the group, and names the ones that were cut off. */
export function readAlerts(payload: unknown, sender: Sender): DeliveryItem[] {
  const group = Group.safeParse(payload)
  if (!group.success) {
    return [{ ignored: textOf(`not a group of alerts: ${firstIssueOf(group.error)}`), subject: sender.source }]
  }
  const { alerts, receiver, truncatedAlerts = 0 } = group.data
  const subject = textOf(receiver) || sender.source
  return [
    ...alerts.map((alert) => readAlert(alert, sender)),
    ...(truncatedAlerts > 0 ? [{ ignored: `${truncatedAlerts} more alerts that the sender left out`, subject }] : []),
  ]
}

function readAlert(raw: unknown, sender: Sender): DeliveryItem {
  const parsed = Alert.safeParse(raw)
  if (!parsed.success) {
    return { ignored: textOf(`not an alert: ${firstIssueOf(parsed.error)}`), subject: sender.source }
  }
  const { status, labels, annotations } = parsed.data
  const name = textOf(own(labels, 'alertname'))
  const subject = [name || sender.source, textOf(own(labels, 'rulename'))].filter(Boolean).join(': ')
  const ignored = IGNORED_NAMES.get(name) ?? stateReason(status, own(annotations ?? {}, STATE_REASON))
  if (ignored) return { ignored, subject }
  if (name === '') return { ignored: 'it has no alert name', subject }
  if (status !== 'firing' && status !== 'resolved')
    return { ignored: `the status is ${JSON.stringify(textOf(status))}`, subject }
  return { alarm: alarmOf(parsed.data, { ...sender, name, status }) }
}

/** Missing data proves no fault, and the end of an alert rule proves no recovery. */
function stateReason(status: string, reason: unknown): string | undefined {
  if (typeof reason !== 'string' || reason === '') return undefined
  return textOf(`${status === 'resolved' ? 'it ended' : 'it fires'} for a reason other than its query: ${reason}`)
}

function alarmOf(alert: Alert, known: Sender & Pick<Alarm, 'name' | 'status'>): Alarm {
  const { name, status } = known
  const { labels, annotations, startsAt, endsAt, ruleUID } = alert
  const started = whenOf(instantMs(startsAt), startsAt)
  const endedMs = status === 'resolved' ? instantMs(endsAt) : undefined
  const reasons = ['summary', 'description', 'message'].map((key) => own(annotations ?? {}, key))
  return {
    ...known,
    identity: textOf(ruleUID) || name,
    region: '',
    ...severityOf(own(labels, 'severity')),
    resource: textOf(own(labels, 'instance')) || undefined,
    ...(endedMs === undefined ? started : whenOf(endedMs, endsAt)),
    // Not by delivery: each alert that joins the group, and each repeat interval, sends this alert again.
    // By labels, because the fingerprint is only the sender's word for them.
    dedupeKey: dedupeKeyOf(sortedEntries(labels), started.unreadTime ?? started.occurredAt, status),
    reason: textOf(reasons.find((text): text is string => typeof text === 'string' && text !== '')),
    dimensions: labels,
    tags: {},
  }
}
