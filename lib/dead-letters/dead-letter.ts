import * as z from 'zod'
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
  // `stream` leaves half a character at the end out.
  const kept = isCut ? new TextDecoder().decode(bytes.subarray(0, MAX_KEPT_BYTES), { stream: true }) : body
  const deadLetter = { messageId, from, queue, body: kept, at: new Date(nowMs).toISOString() }
  const names = from === 'alarms' ? {} : runsNamedIn(body)
  return { ...deadLetter, ...names, ...(isCut ? { cutFromBytes: bytes.length } : {}) }
}

/** Enough to see what it was; a poison message may be large. */
const MAX_SHOWN_CHARACTERS = 2_000

/** A letter as people are shown it: without what the store adds to it. */
export function deadLetterViewOf(deadLetter: DeadLetter): DeadLetter {
  const view = z.object(DeadLetter.shape).parse(deadLetter)
  return { ...view, body: view.body.slice(0, MAX_SHOWN_CHARACTERS) }
}

/**
 * What Lambda writes where an asynchronous invocation failed for good. EventBridge writes the event itself.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
const FailureRecord = z.object({ requestContext: z.looseObject({}), requestPayload: z.looseObject({}) })

function eventOf(body: string): string {
  const record = FailureRecord.safeParse(jsonOf(body)).data
  return record ? JSON.stringify(record.requestPayload) : body
}

/** Of any release: one that we do not know still names its runs in these fields. */
const AnyMessage = z.object({ runId: z.unknown().optional(), runIds: z.array(z.unknown()).catch([]) })

function runsNamedIn(body: string): Pick<DeadLetter, 'runId' | 'runIds'> {
  const { runId, runIds = [] } = AnyMessage.safeParse(jsonOf(body)).data ?? {}
  const named = new Set([runId, ...runIds].filter((id) => typeof id === 'string' && RUN_ID.test(id)) as string[]) // just filtered
  const [first, ...more] = [...named].slice(0, MAX_BATCH_SIZE)
  if (!first) return {}
  return more.length > 0 ? { runIds: [first, ...more] } : { runId: first }
}
