import { CATALOGUE } from '../cloud/catalogue.ts'
import { type DeadLetter, letterViewOf } from '../runs/dead-letter.ts'
import type { Refusal } from '../runs/received.ts'
import { type Run, viewOf } from '../runs/run.ts'

/** CloudEvents 1.0, JSON format: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
export interface CloudEvent {
  specversion: '1.0'
  /** With `source` unique for what happened: the same however often it is sent. */
  id: string
  source: '/steadyhand'
  type: string
  subject: string
  time: string
  datacontenttype: 'application/json'
  data: unknown
}

/** `steadyhand.run.succeeded`, `.failed`, `.timed-out`, `.refused` or `.unknown`; `data` is the run with its evidence. */
export function runEndedEvent(run: Run): CloudEvent {
  return {
    specversion: '1.0',
    id: `${run.id}/${run.state}`,
    source: '/steadyhand',
    type: `steadyhand.run.${run.state}`,
    subject: CATALOGUE.get(run.operation)?.resource(run.target) ?? run.operation,
    time: run.updatedAt,
    datacontenttype: 'application/json',
    data: viewOf(run),
  }
}

/** A queue gave a message up. The run, if it still lives, goes on by the sweeper. */
export function messageBuriedEvent(letter: DeadLetter): CloudEvent {
  const { at, ...data } = letterViewOf(letter)
  return {
    specversion: '1.0',
    id: data.messageId,
    source: '/steadyhand',
    type: 'steadyhand.message.buried',
    subject: data.runId ?? data.queue,
    time: at,
    datacontenttype: 'application/json',
    data,
  }
}

/** An alarm or a ticket fitted a rule, but could not become a run. */
export function wishRefusedEvent({ key, at, ...data }: Refusal): CloudEvent {
  return {
    specversion: '1.0',
    id: `${data.source}/${key}/refused`,
    source: '/steadyhand',
    type: 'steadyhand.wish.refused',
    subject: data.about,
    time: at,
    datacontenttype: 'application/json',
    data,
  }
}
