import * as z from 'zod'
import { jsonOf } from '../basics/json-of.ts'
import type { Result } from '../runs/delivery.ts'
import type { RecordPorts } from '../runs/ports.ts'
import type { AlarmReceiver } from '../sources/alarm-events.ts'
import type { LocalRoute } from './http/answer-request.ts'

/**
 * `POST /events` takes alarm events of AWS. An event that cannot be decided now is queued, and decided as soon as possible.
 * The answer has the result of each alarm (`results`), and the number of queued events (`queued`).
 */
export function alarmEvents(alarms: AlarmReceiver, { queue, log }: Pick<RecordPorts, 'queue' | 'log'>): LocalRoute {
  const receive = async (event: unknown): Promise<Result[] | 'queued'> => {
    try {
      return await alarms.receive(event)
    } catch (error) {
      log('error', 'alarm not decided yet', { error: String(error) })
      await queue.sendBack('alarms', JSON.stringify(event))
      return 'queued'
    }
  }
  return async (body) => {
    const events = alarmEventsIn(jsonOf(body))
    if (!events) return { statusCode: 400, body: { message: NO_EVENT } }
    const received = await Promise.all(events.map(receive))
    const results = received.flatMap((one) => (one === 'queued' ? [] : one))
    const queued = received.filter((one) => one === 'queued').length
    return { statusCode: 202, body: { matched: events.length, results, ...(queued > 0 ? { queued } : {}) } }
  }
}

const NO_EVENT = 'The body is no EventBridge event, SNS delivery or alarm action'

/** https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
const Event = z.looseObject({
  source: z.string(),
  'detail-type': z.string(),
  detail: z.record(z.string(), z.unknown()),
})
type Event = z.infer<typeof Event>

/** An event as it is put. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html */
const Entry = z
  .object({
    Source: z.string(),
    DetailType: z.string(),
    Detail: z.string().transform(jsonOf).pipe(z.record(z.string(), z.unknown())),
  })
  .transform(({ Source, DetailType, Detail }) => ({ source: Source, 'detail-type': DetailType, detail: Detail }))

const Events = z.union([
  Event.transform((event) => [event]),
  z.array(Event),
  z.object({ Entries: z.array(Entry) }).transform(({ Entries }) => Entries),
])

/** A delivery of SNS. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
const SnsEvent = z.looseObject({ Records: z.array(z.looseObject({ EventSource: z.literal('aws:sns') })).min(1) })

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
const AlarmAction = z.looseObject({
  source: z.literal('aws.cloudwatch'),
  alarmArn: z.string(),
  alarmData: z.looseObject({}),
})

/**
 * The events that AWS would hand to `receive-alarm`. Accepts an EventBridge event, a list of them, a PutEvents request, an SNS
 * delivery, or an alarm's action.
 * @returns undefined for anything else
 */
export function alarmEventsIn(posted: unknown): unknown[] | undefined {
  if (SnsEvent.safeParse(posted).success || AlarmAction.safeParse(posted).success) return [posted]
  return Events.safeParse(posted).data?.filter(isAlarm)
}

/** As in the EventBridge rules of `serverless.yml`. */
const DETAIL_TYPES = ['CloudWatch Alarm State Change', 'CloudWatch Alarm Contributor State Change']

function isAlarm({ source, 'detail-type': type }: Event): boolean {
  return source === 'aws.cloudwatch' && DETAIL_TYPES.includes(type)
}
