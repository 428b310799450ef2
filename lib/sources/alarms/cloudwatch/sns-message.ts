import * as z from 'zod'
import type { DeliveryItem } from '../../source.ts'
import { type NamedValue, namedValuesOf } from './dimensions.ts'
import { notAnAlarm } from './not-an-alarm.ts'
import { itemOf, type SnsTopic } from './state-change.ts'

/**
 * The message that CloudWatch publishes to a topic among an alarm's actions. `Region` is not read, because it is a display name
 * (`EU (Ireland)`, `EU - Ireland`). Of `Trigger` only the dimensions are read: composites and alarms on logs have none.
 * Documented nowhere as a whole; known from the test data of https://github.com/aws/aws-lambda-go (events/testdata).
 */
const SnsMessage = z.object({
  AlarmName: z.string().min(1),
  /** Absent in messages before 2020. */
  AlarmArn: z.string().nullish(),
  AWSAccountId: z.string().nullish(),
  NewStateValue: z.string(),
  NewStateReason: z.string().nullish(),
  StateChangeTime: z.unknown().optional(),
  /** CloudWatch does not publish suppressed alarms; if it ever does, this field follows the API's responses. */
  ActionsSuppressedBy: z.string().nullish(),
  Trigger: z.unknown().optional(),
  AlarmContributorId: z.string().min(1).nullish(),
  AlarmContributorAttributes: z.unknown().optional(),
  AlarmTags: z.unknown().optional(),
})
type SnsMessage = z.infer<typeof SnsMessage>

const Named = z.object({ AlarmName: z.string() })

/** @param topic the one that the message came by */
export function readSnsMessage(message: unknown, topic: SnsTopic): DeliveryItem {
  const parsed = SnsMessage.safeParse(message)
  if (!parsed.success) return notAnAlarm(parsed.error, Named.safeParse(message).data?.AlarmName)
  const { data } = parsed
  const id = data.AlarmContributorId
  return itemOf({
    arn: data.AlarmArn ?? arnOf(data, topic.arn),
    accounts: [data.AWSAccountId, topic.account],
    name: data.AlarmName,
    state: data.NewStateValue,
    at: data.StateChangeTime,
    reason: data.NewStateReason ?? '',
    suppressedBy: data.ActionsSuppressedBy ?? undefined,
    contributor: id ? { id, attributes: namedValuesOf(data.AlarmContributorAttributes) } : undefined,
    dimensions: dimensionsIn(data.Trigger),
    tags: namedValuesOf(data.AlarmTags),
  })
}

/** An alarm publishes only to topics of its own region. */
function arnOf({ AlarmName, AWSAccountId }: SnsMessage, topicArn: string): string | undefined {
  const [, partition, region] = /^arn:([\w-]+):sns:([\w-]+):/.exec(topicArn) ?? []
  return partition && AWSAccountId
    ? `arn:${partition}:cloudwatch:${region}:${AWSAccountId}:alarm:${AlarmName}`
    : undefined
}

/** Either one metric, or the metrics of an expression. */
const Trigger = z.object({ Dimensions: z.unknown().optional(), Metrics: z.array(z.unknown()).catch([]) })
const Metric = z.object({ MetricStat: z.object({ Metric: z.object({ Dimensions: z.unknown().optional() }) }) })

function dimensionsIn(trigger: unknown): NamedValue[] {
  const { Dimensions, Metrics = [] } = Trigger.safeParse(trigger).data ?? {}
  const ofMetrics = Metrics.map((metric) => Metric.safeParse(metric).data?.MetricStat.Metric.Dimensions)
  return [Dimensions, ...ofMetrics].flatMap(namedValuesOf)
}
