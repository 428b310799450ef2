import { movedToNow } from '../../lib/local/send/shift-times.ts'
import { readAlarmEvent } from '../../lib/sources/alarms/cloudwatch.ts'
import type { DeliveryItem } from '../../lib/sources/source.ts'
import { noWeb, type Sample, sampleOf } from '../sources/sample.ts'
import { delivered, SCHEMES, sourceOf } from '../sources/verify/schemes.ts'

/** One firing alarm, or one ticket, of each source and of each form that it has. */
export interface Told {
  /** E.g. `cloudwatch by SNS`. */
  by: string
  source: string
  kind: 'alarm' | 'ticket'
  /** Where the time stands, and what is written there. */
  setTime(sample: Sample, time: unknown): void
  /** Where the severity stands, if anywhere. */
  setSeverity?(sample: Sample, word: string): void
  /** Where there is another time to go by, which is proven. */
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
} satisfies Partial<Told>

export const TOLD: Told[] = [
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

/** What the source reads in its sample, changed; its other times are just before `nowMs`. */
export async function readingOf(told: Told, nowMs: number, change: (sample: Sample) => void): Promise<DeliveryItem> {
  const text = movedToNow(JSON.stringify(sampleOf(told.source, told.sample)), nowMs, zoneOf(told.source)).text
  const sample: Sample = JSON.parse(text)
  change(sample)
  const [reading] = await readingsOf(told.source, sample, nowMs)
  if (!reading) throw new Error(`${told.by} reads nothing`)
  return reading
}

const schemeOf = (source: string) => SCHEMES.find((one) => one.source === source)

function zoneOf(source: string): string | undefined {
  const scheme = schemeOf(source)
  return scheme && sourceOf(scheme).zone?.(sourceOf(scheme).settings.parse(scheme.configured([scheme.secrets[0]])))
}

async function readingsOf(source: string, sample: Sample, atMs: number): Promise<DeliveryItem[]> {
  const scheme = schemeOf(source)
  if (!scheme) return readAlarmEvent(sample)
  const settings = sourceOf(scheme).settings.parse(scheme.configured([scheme.secrets[0]]))
  const delivery = delivered(scheme, JSON.stringify(sample), { atMs })
  const payload = JSON.parse(delivery.body.toString())
  return sourceOf(scheme).read(payload, { ...delivery, deliveryId: 'msg_1', settings }, noWeb)
}
