import { movedToNow } from '../../lib/local/send/shift-times.ts'
import { readAlarmEvent } from '../../lib/sources/alarms/cloudwatch.ts'
import type { DeliveryItem } from '../../lib/sources/source.ts'
import { noWeb, type Sample, sampleOf } from '../sources/sample.ts'
import { delivered, SCHEMES, sourceOf } from '../sources/verify/schemes.ts'

/** A firing alarm or a ticket of one source, in one of its forms. */
export interface SourceForm {
  /** E.g. `cloudwatch by SNS`. */
  by: string
  source: string
  kind: 'alarm' | 'ticket'
  /** Writes a time where this form has it. */
  setTime(sample: Sample, time: unknown): void
  /** Writes a severity; absent if the form has none. */
  setSeverity?(sample: Sample, word: string): void
  /** The form has a second, signed time. */
  hasOtherTime?: true
  sample: string
}

const inMessage = (change: (message: Sample) => void) => (sample: Sample) => {
  const message = JSON.parse(sample.message)
  change(message)
  sample.message = JSON.stringify(message)
}

const inSns = (change: (message: Sample) => void) => (sample: Sample) => {
  const [{ Sns }] = sample.Records
  const message = JSON.parse(Sns.Message)
  change(message)
  Sns.Message = JSON.stringify(message)
}

const prometheus = {
  kind: 'alarm',
  setTime: ({ alerts }, startsAt) => Object.assign(alerts[0], { startsAt }),
  setSeverity: ({ alerts }, severity) => Object.assign(alerts[0].labels, { severity }),
} satisfies Partial<SourceForm>

export const SOURCE_FORMS: SourceForm[] = [
  {
    ...{ by: 'cloudwatch by EventBridge', source: 'cloudwatch', kind: 'alarm', sample: 'redis-unresponsive' },
    setTime: ({ detail }, timestamp) => Object.assign(detail.state, { timestamp }),
    setSeverity: ({ detail }, severity) => Object.assign(detail, { alarmTags: { severity } }),
  },
  {
    ...{ by: 'cloudwatch by SNS', source: 'cloudwatch', kind: 'alarm', sample: 'sns' },
    setTime: (sample, StateChangeTime) => inSns((message) => Object.assign(message, { StateChangeTime }))(sample),
    setSeverity: (sample, severity) => inSns((message) => Object.assign(message, { AlarmTags: { severity } }))(sample),
  },
  {
    ...{ by: 'cloudwatch by its action', source: 'cloudwatch', kind: 'alarm', sample: 'lambda-action' },
    setTime: ({ alarmData }, timestamp) => Object.assign(alarmData.state, { timestamp }),
    setSeverity: ({ alarmData }, severity) => Object.assign(alarmData, { alarmTags: { severity } }),
  },
  {
    ...{ by: 'huawei', source: 'huawei', kind: 'alarm', sample: 'alarm', hasOtherTime: true },
    setTime: (sample, time) => inMessage((message) => Object.assign(message, { time }))(sample),
    setSeverity: (sample, AlarmLevel) =>
      inMessage((message) => Object.assign(message.template_variable, { AlarmLevel }))(sample),
  },
  {
    ...{ by: 'tencent', source: 'tencent', kind: 'alarm', sample: 'hdfs-datanode-down' },
    setTime: (sample, firstOccurTime) => Object.assign(sample, { firstOccurTime }),
    setSeverity: (sample, alarmLevel) => Object.assign(sample, { alarmLevel }),
  },
  { by: 'alertmanager', source: 'alertmanager', sample: 'repeated', ...prometheus },
  { by: 'grafana', source: 'grafana', sample: 'redis-latency', ...prometheus },
  {
    ...{ by: 'jira by webhook', source: 'jira', kind: 'ticket', sample: 'approved-flush' },
    setTime: (sample, timestamp) => Object.assign(sample, { timestamp }),
  },
  {
    ...{ by: 'jira by automation', source: 'jira', kind: 'ticket', sample: 'automation' },
    setTime: (sample, updated) => {
      delete sample.timestamp
      Object.assign((sample.issue ?? sample).fields, { updated })
    },
  },
  {
    ...{ by: 'github', source: 'github', kind: 'ticket', sample: 'labeled-restart' },
    setTime: ({ issue }, updated_at) => Object.assign(issue, { updated_at }),
  },
  {
    ...{ by: 'pagerduty', source: 'pagerduty', kind: 'ticket', sample: 'workflow-started' },
    setTime: ({ event }, occurred_at) => Object.assign(event, { occurred_at }),
  },
  {
    ...{ by: 'generic', source: 'generic', kind: 'ticket', sample: 'ticket-approved' },
    setTime: (sample, timestamp) => Object.assign(sample, { timestamp }),
  },
  {
    ...{ by: 'servicenow', source: 'servicenow', kind: 'ticket', sample: 'change-approved' },
    setTime: (sample, sys_updated_on) => Object.assign(sample, { sys_updated_on }),
  },
]

/** The item that the source reads from its changed sample; the other times are just before `nowMs`. */
export async function itemOf(form: SourceForm, nowMs: number, change: (sample: Sample) => void): Promise<DeliveryItem> {
  const text = movedToNow(JSON.stringify(sampleOf(form.source, form.sample)), nowMs, zoneOf(form.source)).text
  const sample: Sample = JSON.parse(text)
  change(sample)
  const [item] = await itemsOf(form.source, sample, nowMs)
  if (!item) throw new Error(`${form.by} reads nothing`)
  return item
}

const schemeOf = (source: string) => SCHEMES.find((one) => one.source === source)

function zoneOf(source: string): string | undefined {
  const scheme = schemeOf(source)
  return scheme && sourceOf(scheme).zone?.(sourceOf(scheme).settings.parse(scheme.configured([scheme.secrets[0]])))
}

async function itemsOf(source: string, sample: Sample, atMs: number): Promise<DeliveryItem[]> {
  const scheme = schemeOf(source)
  if (!scheme) return readAlarmEvent(sample)
  const settings = sourceOf(scheme).settings.parse(scheme.configured([scheme.secrets[0]]))
  const delivery = delivered(scheme, JSON.stringify(sample), { atMs })
  const payload = JSON.parse(delivery.body.toString())
  return sourceOf(scheme).read(payload, { ...delivery, deliveryId: 'msg_1', settings }, noWeb)
}
