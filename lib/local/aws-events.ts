import type { Context } from 'aws-lambda'
import * as z from 'zod'
import { type HttpResult, jsonResult } from '../api/http/http.ts'
import { readJson } from '../api/http/read-json.ts'
import { type Answering, answeringProblems } from '../api/problems/answering.ts'
import { jsonOf } from '../basics/json-of.ts'
import { resultViewOf } from '../deliveries/delivery.ts'
import { MAX_WEBHOOK_BYTES } from '../http/body.ts'
import type { Result } from '../runs/delivery.ts'
import type { RecordPorts } from '../runs/ports.ts'
import { RequestError } from '../runs/request-error.ts'
import type { AlarmReceiver } from '../sources/alarm-events.ts'
import type { LocalRoute } from './http/answer-request.ts'

/**
 * `POST /events` takes alarm events of AWS. An event that cannot be decided now is queued, and decided as soon as possible.
 * The answer has the result of each alarm (`results`), and the number of queued events (`queued`).
 */
export function alarmEvents(
  alarms: AlarmReceiver,
  { queue, log, publicUrl }: Pick<RecordPorts, 'queue' | 'log'> & { publicUrl: string | undefined },
): (event: Parameters<LocalRoute>[0]) => Promise<HttpResult> {
  const receive = async (event: unknown): Promise<Result[] | 'queued'> => {
    try {
      return await alarms.receive(event)
    } catch (error) {
      log('error', 'alarm not decided yet', { error: String(error) })
      await queue.sendBack('alarms', JSON.stringify(event))
      return 'queued'
    }
  }
  const put = async (event: Parameters<LocalRoute>[0]): Promise<HttpResult> => {
    const events = alarmEventsIn(await readJson(event, 'an event of CloudWatch', MAX_WEBHOOK_BYTES))
    if (!events) throw new RequestError([{ field: 'body', message: NO_EVENT }])
    const received = await Promise.all(events.map(receive))
    const results = received.flatMap((one) => (one === 'queued' ? [] : one)).map(resultViewOf)
    const queued = received.filter((one) => one === 'queued').length
    return jsonResult(202, { matched: events.length, results, ...(queued > 0 ? { queued } : {}) })
  }
  const onProblem: Answering['onProblem'] = ({ status, instance, detail }, error) =>
    log(status >= 500 ? 'error' : 'info', 'events refused', { instance, detail, error: String(error) })
  const answer = answeringProblems(put, { publicUrl, onProblem })
  return (event) => answer(event, {} as Context) // nothing reads it
}

const NO_EVENT = 'must be an event of EventBridge, a delivery of SNS or an alarm action'

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
