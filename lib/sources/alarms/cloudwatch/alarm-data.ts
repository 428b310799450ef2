import * as z from 'zod'
import { namedValuesOf } from './dimensions.ts'
import type { StateChange } from './state-change.ts'

/**
 * The alarm, as in EventBridge's `detail` and in a Lambda action's `alarmData`. Fields that decide whether it is acted on are
 * read strictly; additional ones may have any type.
 * Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
 */
export const AlarmData = z.object({
  alarmName: z.string().min(1),
  state: z.object({
    value: z.string(),
    reason: z.string().nullish(),
    timestamp: z.unknown().optional(),
    /** For composites: another alarm, or a period (`WaitPeriod`, `ExtensionPeriod`, `Alarm`). */
    actionsSuppressedBy: z.string().nullish(),
  }),
  /** Absent for a contributor. */
  previousState: z.object({ reason: z.string().nullish() }).nullish(),
  /** A composite has a rule over other alarms and no metrics. */
  configuration: z.object({ metrics: z.array(z.unknown()).catch([]) }).catch({ metrics: [] }),
  /** Present while a mute rule applies. */
  muteDetail: z.unknown().optional(),
  alarmContributor: z.object({ id: z.string().min(1), attributes: z.unknown().optional() }).nullish(),
  /** Only if the alarm is configured to send its tags. */
  alarmTags: z.unknown().optional(),
})
export type AlarmData = z.infer<typeof AlarmData>

/** An expression has no dimensions, and a metric may have none. */
const Metric = z.object({ metricStat: z.object({ metric: z.object({ dimensions: z.unknown().optional() }) }) })

export function stateChangeOf(data: AlarmData): Omit<StateChange, 'arn' | 'accounts'> {
  const { state, alarmContributor: contributor, configuration } = data
  return {
    name: data.alarmName,
    state: state.value,
    at: state.timestamp,
    reason: state.reason ?? '',
    previousReason: data.previousState?.reason ?? undefined,
    isMuted: data.muteDetail !== undefined && data.muteDetail !== null,
    suppressedBy: state.actionsSuppressedBy ?? undefined,
    contributor: contributor ? { id: contributor.id, attributes: namedValuesOf(contributor.attributes) } : undefined,
    dimensions: configuration.metrics.flatMap((metric) =>
      namedValuesOf(Metric.safeParse(metric).data?.metricStat.metric.dimensions),
    ),
    tags: namedValuesOf(data.alarmTags),
  }
}
