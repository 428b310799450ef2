import * as z from 'zod/mini'
import { jsonOf } from '../basics/json-of.ts'
import { DeadLetter, type GivenUp } from '../runs/dead-letter.ts'
import { MAX_BATCH_SIZE } from '../runs/messages.ts'
import { RUN_ID } from '../runs/run.ts'

/** An item of DynamoDB holds 400 KB, names and all; a message of SQS may have 1 MiB. */
const MAX_KEPT_BYTES = 350_000

export function newDeadLetter({ messageId, from, queue, body: text }: GivenUp, nowMs: number): DeadLetter {
  const body = from === 'alarms' ? eventOf(text) : text
  const bytes = Buffer.from(body)
  const isCut = bytes.length > MAX_KEPT_BYTES
  // `stream` leaves out half a character at the end.
  const kept = isCut ? new TextDecoder().decode(bytes.subarray(0, MAX_KEPT_BYTES), { stream: true }) : body
  const deadLetter = { messageId, from, queue, body: kept, at: new Date(nowMs).toISOString() }
  const names = from === 'alarms' ? {} : runsNamedIn(body)
  return { ...deadLetter, ...names, ...(isCut ? { cutFromBytes: bytes.length } : {}) }
}

/** Enough to recognise a message; a poison message may be large. */
const MAX_SHOWN_CHARACTERS = 2_000

/** A dead letter as users see it, without the fields of the store. */
export function deadLetterViewOf(deadLetter: DeadLetter): DeadLetter {
  const view = z.object(DeadLetter.shape).parse(deadLetter)
  return { ...view, body: view.body.slice(0, MAX_SHOWN_CHARACTERS) }
}

/**
 * The record that Lambda writes if an asynchronous invocation failed for good. EventBridge writes the event itself.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
const FailureRecord = z.object({ requestContext: z.looseObject({}), requestPayload: z.looseObject({}) })

function eventOf(body: string): string {
  const record = FailureRecord.safeParse(jsonOf(body)).data
  return record ? JSON.stringify(record.requestPayload) : body
}

/** A message of any release: even an unknown one names its runs in these fields. */
const AnyMessage = z.object({ runId: z.optional(z.unknown()), runIds: z.catch(z.array(z.unknown()), []) })

function runsNamedIn(body: string): Pick<DeadLetter, 'runId' | 'runIds'> {
  const { runId, runIds = [] } = AnyMessage.safeParse(jsonOf(body)).data ?? {}
  const named = new Set([runId, ...runIds].filter((id) => typeof id === 'string' && RUN_ID.test(id)) as string[]) // just filtered
  const [first, ...more] = [...named].slice(0, MAX_BATCH_SIZE)
  if (!first) return {}
  return more.length > 0 ? { runIds: [first, ...more] } : { runId: first }
}
