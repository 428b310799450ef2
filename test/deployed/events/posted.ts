import * as z from 'zod'
import { jsonResult } from '../../../lib/api/http/http.ts'
import { jsonOf } from '../../../lib/basics/json-of.ts'
import { resultViewOf } from '../../../lib/deliveries/delivery.ts'
import { sentBytes } from '../../../lib/http/body.ts'
import type { LocalRoute } from '../../../lib/local/http/answer-request.ts'
import { Result } from '../../../lib/runs/delivery.ts'
import type { FirstTry } from '../lambda/async-invoke.ts'
import type { Template } from '../template/model.ts'
import { BusEvent, type EventBus } from './event-bus.ts'

/** What SNS invokes a function with. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
const SnsEvent = z.looseObject({ Records: z.array(z.looseObject({ EventSource: z.literal('aws:sns') })).min(1) })

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
const AlarmAction = z.looseObject({
  source: z.literal('aws.cloudwatch'),
  alarmArn: z.string(),
  alarmData: z.looseObject({}),
})

export interface Posted {
  template: Pick<Template, 'subscriptions' | 'alarmActions'>
  bus: EventBus
  /** Starts a function. @returns what its first try gave */
  start: (functionId: string, event: unknown) => Promise<FirstTry>
}

/** What receive-alarm gives back: which runs an event became, or why none. */
const Results = z.object({ results: z.array(Result) })

/** `POST /events`, as the form of one machine has it. The answer tells what the first try of each function gave. */
export function eventsRoute(posted: Posted): LocalRoute {
  return async (event) => {
    const started = handOver(jsonOf(sentBytes(event).toString()), posted)
    if (!started) return jsonResult(400, { message: NO_EVENT })
    const tries = await Promise.all(started)
    const made = tries.flatMap((first) => (first && Results.safeParse(first.result).data?.results) || [])
    const results = made.map(resultViewOf)
    const matched = tries.length
    if (!tries.includes(false)) return jsonResult(202, { matched, results })
    // It is tried again, but only as long as this process lives.
    return jsonResult(503, { message: 'The function failed. Send the event again: it starts one run at most' })
  }
}

const NO_EVENT = 'The body is no EventBridge event, SNS delivery or alarm action'

/**
 * Hands over what was posted as AWS would: an event to the targets of the rules that match, a delivery of SNS to the functions
 * that are subscribed to a topic (whatever topic it names: that is one of AWS), an alarm's action to those that it may invoke.
 * @returns of each function what its first try gave; undefined where it is nothing of the kind
 */
function handOver(json: unknown, { template, bus, start }: Posted): Promise<FirstTry>[] | undefined {
  const startAll = (functions: string[]) => [...new Set(functions)].map((id) => start(id, json))
  if (SnsEvent.safeParse(json).success) return startAll(template.subscriptions.map((to) => to.function))
  if (AlarmAction.safeParse(json).success) return startAll(template.alarmActions)
  const event = BusEvent.safeParse(json).data
  return event && bus.put(event)
}
