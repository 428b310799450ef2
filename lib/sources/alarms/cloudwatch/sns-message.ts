import * as z from 'zod'
import type { DeliveryItem } from '../../source.ts'
import { type NamedValue, namedValuesOf } from './dimensions.ts'
import { notAnAlarm } from './not-an-alarm.ts'
import { itemOf } from './state-change.ts'

/**
 * What CloudWatch publishes to a topic that stands among the actions of an alarm. `Region` is not read, for it is a display name
 * (`EU (Ireland)`, `EU - Ireland`), nor is `Trigger` but for its dimensions: composites and alarms over logs have none.
 * Documented nowhere as a whole; known from the test data of https://github.com/aws/aws-lambda-go (events/testdata).
 */
const SnsMessage = z.object({
  AlarmName: z.string().min(1),
  /** Not in messages of before 2020. */
  AlarmArn: z.string().nullish(),
  AWSAccountId: z.string().nullish(),
  NewStateValue: z.string(),
  NewStateReason: z.string().nullish(),
  StateChangeTime: z.unknown().optional(),
  /** What is suppressed is not published; should it ever be, it says so as in the answers of the API. */
  ActionsSuppressedBy: z.string().nullish(),
  Trigger: z.unknown().optional(),
  AlarmContributorId: z.string().min(1).nullish(),
  AlarmContributorAttributes: z.unknown().optional(),
  AlarmTags: z.unknown().optional(),
})
type SnsMessage = z.infer<typeof SnsMessage>

const Named = z.object({ AlarmName: z.string() })

/** @param topicAccount, topicArn of the topic that it came by, where that is known */
export function readSnsMessage(message: unknown, topicAccount?: string, topicArn = ''): DeliveryItem {
  const parsed = SnsMessage.safeParse(message)
  if (!parsed.success) return notAnAlarm(parsed.error, Named.safeParse(message).data?.AlarmName)
  const { data } = parsed
  const id = data.AlarmContributorId
  return itemOf({
    arn: data.AlarmArn ?? arnOf(data, topicArn),
    accounts: [data.AWSAccountId, topicAccount],
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

/** Of one metric, or of those of an expression. */
const Trigger = z.object({ Dimensions: z.unknown().optional(), Metrics: z.array(z.unknown()).catch([]) })
const Metric = z.object({ MetricStat: z.object({ Metric: z.object({ Dimensions: z.unknown().optional() }) }) })

function dimensionsIn(trigger: unknown): NamedValue[] {
  const { Dimensions, Metrics = [] } = Trigger.safeParse(trigger).data ?? {}
  const ofMetrics = Metrics.map((metric) => Metric.safeParse(metric).data?.MetricStat.Metric.Dimensions)
  return [Dimensions, ...ofMetrics].flatMap(namedValuesOf)
}
