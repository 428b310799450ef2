import { boundedText } from '../basics/bounded-text.ts'
import { deadLetterViewOf } from '../dead-letters/dead-letter.ts'
import type { DeadLetter } from '../runs/dead-letter.ts'
import type { RefusedRequest } from '../runs/delivery.ts'
import type { Run } from '../runs/run.ts'
import { viewOf } from '../runs/run-view.ts'
import type { UsedUp } from '../runs/tally.ts'

/** CloudEvents 1.0, JSON format: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export interface CloudEvent {
  specversion: '1.0'
  /** Unique together with `source`, and the same however often the event is sent. */
  id: string
  source: '/steadyhand'
  type: string
  subject: string
  time: string
  datacontenttype: 'application/json'
  data: unknown
}

/** SNS takes 256 KiB including attributes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MAX_BYTES = 256 * 1024 - 4 * 1024

/** The size to which a single long text is cut. */
const MAX_TEXT_BYTES = 16 * 1024

/**
 * The event, no larger than the topic takes: its largest fields are left out, one after the other, and `data.cut` names them.
 * `id` and `subject` always stay, with long texts cut.
 */
export function boundedEvent(event: CloudEvent): CloudEvent {
  if (bytesOf(event) <= MAX_BYTES) return event
  const named = { ...event, id: boundedText(event.id, 1024), subject: boundedText(event.subject, 1024) }
  if (typeof event.data !== 'object' || event.data === null) return { ...named, data: { cut: ['data'] } }
  const data = new Map(Object.entries(event.data).map(([name, value]) => [name, shortened(value)]))
  const cut: string[] = []
  const bounded = (): CloudEvent => ({ ...named, data: { ...Object.fromEntries(data), cut } })
  while (data.size > 0 && bytesOf(bounded()) > MAX_BYTES) {
    const [[largest] = ['']] = [...data].toSorted(([, a], [, b]) => bytesOf(b) - bytesOf(a))
    data.delete(largest)
    // The name of a field may be of any length, too.
    cut.push(boundedText(largest, 200))
  }
  return bounded()
}

function shortened(value: unknown): unknown {
  if (typeof value === 'string') return boundedText(value, MAX_TEXT_BYTES)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const fields = Object.entries(value).map(([name, field]) => [
    name,
    typeof field === 'string' ? boundedText(field, MAX_TEXT_BYTES) : field,
  ])
  return Object.fromEntries(fields)
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '')
}

/** `steadyhand.run.succeeded`, `.failed`, `.timed-out`, `.refused` or `.unknown`; `data` is the run with its evidence. */
export function runEndedEvent(run: Run): CloudEvent {
  return {
    specversion: '1.0',
    id: `${run.id}/${run.state}`,
    source: '/steadyhand',
    type: `steadyhand.run.${run.state}`,
    subject: run.resource,
    time: run.endedAt ?? run.updatedAt,
    datacontenttype: 'application/json',
    data: viewOf(run),
  }
}

/** A queue gave a message up. The sweeper continues its run, if that has not ended. */
export function messageDeadLetteredEvent(deadLetter: DeadLetter): CloudEvent {
  const { at, ...data } = deadLetterViewOf(deadLetter)
  return {
    specversion: '1.0',
    id: data.messageId,
    source: '/steadyhand',
    type: 'steadyhand.message.dead-lettered',
    subject: data.runId ?? data.queue,
    time: at,
    datacontenttype: 'application/json',
    data,
  }
}

/** An alarm or a ticket matched a rule, but could not become a run. */
export function requestRefusedEvent({ key, at, ...data }: RefusedRequest): CloudEvent {
  return {
    specversion: '1.0',
    id: `${data.source}/${key}/refused`,
    source: '/steadyhand',
    type: 'steadyhand.request.refused',
    subject: data.subject,
    time: at,
    datacontenttype: 'application/json',
    data,
  }
}

/** A limit is used up: alarms start no run until it opens. */
export function limitReachedEvent({ key, at, ...data }: UsedUp & { reason: string; at: string }): CloudEvent {
  return {
    specversion: '1.0',
    id: `${data.of}/${key}`,
    source: '/steadyhand',
    type: 'steadyhand.limit.reached',
    subject: data.of,
    time: at,
    datacontenttype: 'application/json',
    data,
  }
}
