import { plainText } from '../basics/plain-text.ts'
import { sha256 } from '../basics/sha256.ts'
import { deadLetterViewOf } from '../dead-letters/dead-letter.ts'
import type { DeadLetter } from '../runs/dead-letter.ts'
import type { RefusedRequest } from '../runs/delivery.ts'
import type { Announcement } from '../runs/guards/announcement.ts'
import type { Publisher } from '../runs/ports.ts'
import type { Run } from '../runs/run.ts'
import type { UsedUp } from '../runs/tally.ts'
import { viewOf } from '../runs/view-of.ts'
import { boundedEvent } from './bounded-event.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { LimitReached, RequestRefused } from './data.ts'
import { schemaAddress } from './schema-address.ts'
import { EVENT_TYPES, runEndedType } from './types.ts'

/** The deployment that events come from. */
export interface EventOrigin {
  /** Unique for each deployment: `urn:steadyhand:<account>:<region>:<stage>`, or of one machine. */
  source: string
  /** The address of the API, without a slash at the end. */
  apiUrl: () => string | undefined
}

/** Attributes for filters of subscribers. */
export type EventAttributes = Readonly<Record<string, string>>

/** Hands an event over. @throws {Error} where it was not taken */
export type Publish = (event: CloudEvent, attributes: EventAttributes) => Promise<void>

type Happening = Pick<CloudEvent, 'id' | 'type' | 'subject' | 'time' | 'data'> & {
  /** Names what the trace is of, where no sender gave one. */
  traced: string
  traceparent?: string | undefined
}

/** Makes an event of everything that is published. */
export function eventPublisher(origin: EventOrigin, publish: Publish): Publisher {
  return {
    runEnded: (run) => publish(runEndedEvent(run, origin), attributesOf(run)),
    runSlow: (run) => publish(runSlowEvent(run, origin), attributesOf(run)),
    messageDeadLettered: (deadLetter) => publish(messageDeadLetteredEvent(deadLetter, origin), {}),
    requestRefused: (refused) => publish(requestRefusedEvent(refused, origin), { source: refused.source }),
    limitReached: (reached) => publish(limitReachedEvent(reached, origin), {}),
    announce: (announcement) => publish(announcementEvent(announcement, origin), {}),
  }
}

function attributesOf({ operation, state, source }: Run): EventAttributes {
  return { operation, state, source: source.name }
}

/** `data` is the run with its evidence and its timeline, without its baseline. */
export function runEndedEvent(run: Run, origin: EventOrigin): CloudEvent {
  const { id, state, resource: subject, traceparent } = run
  const data = viewOf(run)
  const time = data.endedAt ?? run.updatedAt
  return eventOf(
    { id: `${id}/${state}`, type: runEndedType(state), subject, time, data, traced: id, traceparent },
    origin,
  )
}

/** A run takes unusually long. It lives on, and its end is an event of its own. */
export function runSlowEvent(run: Run, origin: EventOrigin): CloudEvent {
  const { id, resource: subject, traceparent, slowAt: time = run.updatedAt } = run
  const type = 'dev.steadyhand.run.slow'
  return eventOf({ id: `${id}/slow`, type, subject, time, data: viewOf(run), traced: id, traceparent }, origin)
}

/** A queue gave a message up. The sweeper continues its run, if that has not ended. */
export function messageDeadLetteredEvent(deadLetter: DeadLetter, origin: EventOrigin): CloudEvent {
  const data = deadLetterViewOf(deadLetter)
  const { messageId: id, at: time, runId = id, queue } = data
  const subject = data.runId ?? queue
  return eventOf({ id, type: 'dev.steadyhand.message.dead-lettered', subject, time, data, traced: runId }, origin)
}

/** An alarm or a ticket matched a rule, but could not become a run. */
export function requestRefusedEvent({ key, at: time, ...data }: RefusedRequest, origin: EventOrigin): CloudEvent {
  const id = `${data.source}/${key}/refused`
  const refused: RequestRefused = data
  const type = 'dev.steadyhand.request.refused'
  return eventOf({ id, type, subject: data.subject, time, data: refused, traced: id }, origin)
}

/** A limit is used up: alarms start no run until it opens. */
export function limitReachedEvent(reached: UsedUp & { reason: string; at: string }, origin: EventOrigin): CloudEvent {
  const { key, at: time, by: runIds, ...rest } = reached
  const data: LimitReached = { ...rest, runIds }
  const id = `${data.of}/${key}`
  return eventOf({ id, type: 'dev.steadyhand.limit.reached', subject: data.of, time, data, traced: id }, origin)
}

/** What happened to a guard or an episode. */
function announcementEvent({ type, key: id, at: time, ...data }: Announcement, origin: EventOrigin): CloudEvent {
  return eventOf({ id, type: `dev.steadyhand.${type}`, subject: data.of, time, data, traced: id }, origin)
}

function eventOf({ traced, traceparent, data, ...happening }: Happening, { source, apiUrl }: EventOrigin): CloudEvent {
  const base = apiUrl()
  const schema = EVENT_TYPES[happening.type]?.schema
  // Senders write the names of alarms and tickets; an attribute has no control characters, and is not empty.
  const subject = plainText(happening.subject, MAX_NAME) || happening.type
  return boundedEvent({
    ...{ specversion: '1.0', source, ...happening, id: plainText(happening.id, MAX_NAME), subject },
    datacontenttype: 'application/json',
    ...(base === undefined || schema === undefined ? {} : { dataschema: schemaAddress(base, schema) }),
    partitionkey: subject,
    traceparent: spanOf(happening.id, traceparent ?? newTrace(traced)),
    data,
  })
}

const MAX_NAME = 1_000

function newTrace(of: string): string {
  const hash = sha256(of)
  return `00-${hash.slice(0, 32)}-${hash.slice(32, 48)}-00`
}

/** A span of its own in the trace: the same whenever the event is sent again. */
function spanOf(id: string, traceparent: string): string {
  const [version, trace, , flags] = traceparent.split('-')
  return `${version}-${trace}-${sha256(id).slice(0, 16)}-${flags}`
}
