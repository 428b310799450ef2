import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Alarm, AlarmReading } from '../alarm.ts'

/**
 * CloudWatch alarm state changes as EventBridge delivers them.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
const StateChange = z.object({
  source: z.literal('aws.cloudwatch'),
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  account: z.string(),
  region: z.string(),
  resources: z.array(z.string()).min(1),
  /** Only on events replayed from an archive. */
  'replay-name': z.string().optional(),
  detail: z.object({
    alarmName: z.string(),
    state: z.object({
      value: z.string(),
      reason: z.string().optional(),
      timestamp: z.string(),
      actionsSuppressedBy: z.string().optional(),
    }),
    previousState: z.object({ value: z.string(), reason: z.string().optional() }).optional(),
    configuration: z
      .object({ metrics: z.array(z.object({ metricStat: z.unknown().optional() })).optional() })
      .optional(),
    muteDetail: z.unknown().optional(),
    alarmTags: z.record(z.string(), z.string()).optional(),
  }),
})
type StateChange = z.infer<typeof StateChange>

const MetricStat = z.object({ metric: z.object({ dimensions: z.record(z.string(), z.string()).optional() }) })

/** Reads an event as an alarm to act on: only a transition that its owner would have acted on himself. */
export function readCloudWatch(event: unknown): AlarmReading {
  const parsed = StateChange.safeParse(event)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { ignored: `not a CloudWatch alarm state change: ${issue?.path.join('.')}: ${issue?.message}` }
  }
  const why = notToActOn(parsed.data)
  return why ? { ignored: why } : { alarm: alarmOf(parsed.data) }
}

/** EventBridge delivers what CloudWatch itself would not act on; honouring that is ours. */
function notToActOn({ detail, 'replay-name': replay }: StateChange): string | undefined {
  if (replay !== undefined) return 'replayed from an archive'
  if (detail.state.value !== 'ALARM') return `its state is ${detail.state.value}`
  if (detail.state.actionsSuppressedBy) return `its actions are suppressed by ${detail.state.actionsSuppressedBy}`
  if (detail.muteDetail) return 'it is muted'
  if (Number.isNaN(Date.parse(detail.state.timestamp))) return 'its time cannot be read'
  if (detail.previousState?.reason?.startsWith('Unchecked: Initial alarm creation')) return 'it was only just created'
  return undefined
}

const MAX_REASON = 500

function alarmOf({ detail, resources, account, region }: StateChange): Alarm {
  const identity = resources[0] ?? detail.alarmName
  const { value, timestamp, reason } = detail.state
  return {
    source: 'cloudwatch',
    identity,
    name: detail.alarmName,
    account,
    region,
    occurredAt: new Date(timestamp).toISOString(),
    dedupeKey: createHash('sha256').update(`${identity}|${value}|${timestamp}`).digest('hex'),
    reason: (reason ?? '').slice(0, MAX_REASON),
    dimensions: dimensionsOf(detail.configuration?.metrics ?? []),
    tags: detail.alarmTags ?? {},
  }
}

/** The dimensions of all metrics. One that has two values names no resource, and is left out. */
function dimensionsOf(metrics: { metricStat?: unknown }[]): Record<string, string> {
  const values = new Map<string, Set<string>>()
  for (const { metricStat } of metrics) {
    const dimensions = MetricStat.safeParse(metricStat).data?.metric.dimensions ?? {}
    for (const [name, value] of Object.entries(dimensions)) values.set(name, (values.get(name) ?? new Set()).add(value))
  }
  const single = [...values].filter(([, of]) => of.size === 1).map(([name, of]) => [name, [...of][0] ?? ''])
  return Object.fromEntries(single)
}
