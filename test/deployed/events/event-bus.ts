import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { LOCAL_REGION } from '../emulators/aws.ts'
import type { FirstTry } from '../lambda/async-invoke.ts'
import { LOCAL_ACCOUNT } from '../template/intrinsics.ts'
import type { Rule, Schedule } from '../template/model.ts'
import { compilePattern } from './event-pattern.ts'

/** https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html; what AWS itself adds may be left out. */
export const BusEvent = z.looseObject({
  version: z.string().default('0'),
  id: z.string().default(() => randomUUID()),
  source: z.string(),
  'detail-type': z.string(),
  account: z.string().default(LOCAL_ACCOUNT),
  region: z.string().default(LOCAL_REGION),
  time: z.string().default(() => new Date().toISOString()),
  resources: z.array(z.string()).default([]),
  detail: z.record(z.string(), z.unknown()),
})

export type BusEvent = z.output<typeof BusEvent>

/** Starts a function. @returns what its first try gave; nobody needs to wait for that */
type Start = (functionId: string, event: unknown) => Promise<FirstTry>

/** EventBridge, as far as rules go. */
export type EventBus = {
  /** Starts the target of every rule that matches; gives what the first try of each gave. */
  put(event: BusEvent): Promise<FirstTry>[]
}

/** Throws, naming the rule, on a pattern that cannot be run. */
export function eventBus(rules: Rule[], start: Start): EventBus {
  const compiled = rules.map((rule) => ({ rule, matches: compilePattern(rule.pattern, rule.id) }))
  return {
    put(event) {
      const matching = compiled.filter(({ matches }) => matches(event))
      return matching.map(({ rule }) => start(rule.function, inputOf(rule, event)))
    },
  }
}

/** Runs every schedule now and then at its rate, until the returned function is called. @param speed so many times as often */
export function startSchedules(schedules: Schedule[], start: Start, speed = 1): () => void {
  const timers = schedules.map((schedule) => {
    const run = () => void start(schedule.function, inputOf(schedule, scheduledEvent(schedule)))
    run()
    return setInterval(run, schedule.everyMs / speed)
  })
  return () => timers.forEach(clearInterval)
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function scheduledEvent({ id }: Schedule): BusEvent {
  return BusEvent.parse({
    source: 'aws.events',
    'detail-type': 'Scheduled Event',
    resources: [`arn:aws:events:${LOCAL_REGION}:${LOCAL_ACCOUNT}:rule/${id}`],
    detail: {},
  })
}

/** A target may have a constant input instead of the event. */
function inputOf({ input }: { input: string | undefined }, event: BusEvent): unknown {
  return input === undefined ? event : JSON.parse(input)
}
