import * as z from 'zod'
import { jsonOf } from '../../../lib/runs/json-of.ts'
import type { FirstTry } from '../lambda/async-invoke.ts'
import type { Template } from '../template/model.ts'
import { type EventBus, readEvents } from './event-bus.ts'

/** What SNS invokes a function with. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html */
const SnsEvent = z.looseObject({ Records: z.array(z.looseObject({ EventSource: z.literal('aws:sns') })).min(1) })

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
const AlarmAction = z.looseObject({
  source: z.literal('aws.cloudwatch'),
  alarmArn: z.string(),
  alarmData: z.looseObject({}),
})

type HandedOver = {
  template: Pick<Template, 'subscriptions' | 'alarmActions'>
  bus: EventBus
  /** Starts a function. @returns what its first try gave */
  start: (functionId: string, event: unknown) => Promise<FirstTry>
}

/**
 * Hands over what was posted as AWS would: events to the targets of the rules that match, a delivery of SNS to the functions
 * that are subscribed to a topic (whatever topic it names: that is one of AWS), an alarm's action to those that it may invoke.
 * @returns of each function what its first try gave; undefined where it is nothing of the kind
 */
export function handOver(text: string, { template, bus, start }: HandedOver): Promise<FirstTry>[] | undefined {
  const json = jsonOf(text)
  const startAll = (functions: string[]) => [...new Set(functions)].map((id) => start(id, json))
  if (SnsEvent.safeParse(json).success) return startAll(template.subscriptions.map((to) => to.function))
  if (AlarmAction.safeParse(json).success) return startAll(template.alarmActions)
  return readEvents(json)?.flatMap((event) => bus.put(event))
}
