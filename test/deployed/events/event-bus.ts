import { randomUUID } from 'node:crypto'
import * as z from 'zod'
import { jsonOf } from '../../../lib/runs/json-of.ts'
import type { FirstTry } from '../lambda/async-invoke.ts'
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../template/intrinsics.ts'
import type { Rule, Schedule } from '../template/model.ts'
import { compilePattern } from './event-pattern.ts'

/** https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html; what AWS itself adds may be left out. */
const Event = z.looseObject({
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

/** As one puts them. https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html */
const Entry = z
  .object({
    Source: z.string(),
    DetailType: z.string(),
    Detail: z.string().transform(jsonOf).pipe(z.record(z.string(), z.unknown())),
    Resources: z.array(z.string()).default([]),
    Time: z.string().default(() => new Date().toISOString()),
  })
  .transform(({ Source, DetailType, Detail, Resources, Time }) =>
    Event.parse({ source: Source, 'detail-type': DetailType, detail: Detail, resources: Resources, time: Time }),
  )

const Events = z.union([
  Event.transform((event) => [event]),
  z.array(Event),
  z.object({ Entries: z.array(Entry) }).transform(({ Entries }) => Entries),
])
export type BusEvent = z.output<typeof Event>

/** Starts a function. @returns what its first try gave; nobody needs to wait for that */
type Start = (functionId: string, event: unknown) => Promise<FirstTry>

/** The EventBridge of one machine. */
export type EventBus = {
  /** Starts the target of every rule that matches; gives what the first try of each gave. Throws where it is not an event. */
  put(event: unknown): Promise<FirstTry>[]
}

/** Throws, naming the rule, on a pattern that cannot be run. */
export function eventBus(rules: Rule[], start: Start): EventBus {
  const compiled = rules.map((rule) => ({ rule, matches: compilePattern(rule.pattern, rule.id) }))
  return {
    put(event) {
      const parsed = Event.parse(event)
      const matching = compiled.filter(({ matches }) => matches(parsed))
      return matching.map(({ rule }) => start(rule.function, inputOf(rule, parsed)))
    },
  }
}

/** Reads one event, a list of events, or a request of `PutEvents`; `undefined` where it is none of them. */
export function readEvents(json: unknown): BusEvent[] | undefined {
  return Events.safeParse(json).data
}

/** Runs every schedule now and then at its rate, until the returned function is called. */
export function startSchedules(schedules: Schedule[], start: Start): () => void {
  const timers = schedules.map((schedule) => {
    const run = () => void start(schedule.function, inputOf(schedule, scheduledEvent(schedule)))
    run()
    return setInterval(run, schedule.everyMs)
  })
  return () => timers.forEach(clearInterval)
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
function scheduledEvent({ id }: Schedule): BusEvent {
  return Event.parse({
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
