import * as z from 'zod/mini'
import { EndedRun } from '../runs/run-view.ts'

/** The data of events, by the name of their schema. Another shape gets another version, so that old readers see it. */

/** An alarm or a ticket matched a rule, but could not become a run. */
const RequestRefused = z.object({
  source: z.string().check(z.describe('Name of the source, e.g. `cloudwatch`')),
  subject: z.string().check(z.describe('The alarm or ticket, as people know it')),
  rule: z.optional(z.string()).check(z.describe('The rule that matches; absent if the delivery cannot be read')),
  reason: z.string().check(z.describe('Why there is no run')),
})
export type RequestRefused = z.infer<typeof RequestRefused>

/** A limit is used up: alarms start no run until it opens. */
const LimitReached = z.object({
  of: z.string().check(z.describe('A resource, `rule/<name>`, or `caller/<entry>/<hash>` of a budget')),
  limit: z.string().check(z.describe('E.g. `2 per 1h per resource`')),
  runIds: z.array(z.string()).check(z.describe('Ids of the runs that used it up')),
  opensAt: z.iso.datetime().check(z.describe('When it opens again')),
  reason: z.string().check(z.describe('The same in words, with what to do')),
})
export type LimitReached = z.infer<typeof LimitReached>

/** What happened to a guard or an episode. */
const Announced = z.object({
  of: z.string().check(z.describe('A resource, `rule/<name>`, `operation/<name>`, `group/<name>` or `pause/<id>`')),
  reason: z.string().check(z.describe('What happened, why, and what to do')),
  by: z.optional(z.string()).check(z.describe('Who did it, if a person did')),
  episodeId: z.optional(z.string()).check(z.describe('Id of the episode')),
  runIds: z.optional(z.array(z.string())).check(z.describe('Ids of the runs that it is about')),
})

/** A message that a queue gave up, as people see it. */
export const DeadLetterView = z.object({
  messageId: z.string().check(z.describe('Id of the message, and of the dead letter')),
  from: z.enum(['submissions', 'polls', 'alarms']).check(z.describe('The queue that gave it up')),
  queue: z.string().check(z.describe('The queue in which it was found')),
  runId: z.optional(z.string()).check(z.describe('Id of the run that it names')),
  runIds: z.optional(z.array(z.string())).check(z.describe('Ids of the runs that it names, if there are several')),
  body: z.string().check(z.describe('The text of the message, or its beginning')),
  cutFromBytes: z.optional(z.int()).check(z.describe('Size of a body that was too large to be kept whole, in bytes')),
  at: z.iso.datetime().check(z.describe('When it was given up')),
  sentBackAt: z.optional(z.iso.datetime()).check(z.describe('When it was last sent back')),
})

export const EVENT_DATA = {
  'run-ended.v1': EndedRun.check(z.describe('A run that has ended')),
  'run-slow.v1': EndedRun.check(z.describe('A run that takes unusually long, and lives')),
  'request-refused.v1': RequestRefused.check(
    z.describe('A request of an alarm or a ticket that could not become a run'),
  ),
  'limit-reached.v1': LimitReached.check(z.describe('A limit of alarms that is used up')),
  'announced.v1': Announced.check(z.describe('What happened to a guard or an episode')),
  'message-dead-lettered.v1': DeadLetterView.check(z.describe('A message that a queue gave up')),
} as const
export type SchemaName = keyof typeof EVENT_DATA

export const SCHEMA_NAMES = Object.keys(EVENT_DATA) as [SchemaName, ...SchemaName[]] // its own keys
