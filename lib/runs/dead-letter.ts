import * as z from 'zod'
import { jsonOf } from './json-of.ts'
import { MAX_TOGETHER } from './messages.ts'
import { record } from './record.ts'
import { RUN_ID } from './run.ts'

/** The queue that a message was given up by, and can be sent back to. */
export const Sender = z.enum(['submissions', 'polls', 'alarms'])
export type Sender = z.infer<typeof Sender>

/** A message that a queue gave up, as it is kept until somebody sends it back. */
export const DeadLetter = record({
  /** The queue message's own id. */
  messageId: z.string(),
  from: Sender,
  /** Where it was when it was given up: a dead-letter queue, or the very queue that it cannot be read in. */
  queue: z.string(),
  /** The run that it names. */
  runId: z.string().optional(),
  /** The runs that it names, where they are several. */
  runIds: z.array(z.string()).optional(),
  /** The text of the message. */
  body: z.string(),
  /** How many bytes the body had, where it was too large to be kept whole: what is left cannot be sent back. */
  cutFromBytes: z.number().int().optional(),
  /** When it was given up (ISO 8601). */
  at: z.string(),
  /** When it was last sent back (ISO 8601). */
  sentBackAt: z.string().optional(),
})
export type DeadLetter = z.infer<typeof DeadLetter>

/** Of SQS: up to 100 characters, in practice a UUID. */
export const LETTER_ID = /^[\w-]{1,100}$/

/** What a consumer knows of a message that is to be buried. */
export type GivenUp = Pick<DeadLetter, 'messageId' | 'from' | 'queue' | 'body'>

/** An item of DynamoDB holds 400 KB, names and all; a message of SQS may have 1 MiB. */
const MAX_KEPT_BYTES = 350_000

export function deadLetter({ messageId, from, queue, body: text }: GivenUp, nowMs: number): DeadLetter {
  const body = from === 'alarms' ? eventOf(text) : text
  const bytes = Buffer.from(body)
  const isCut = bytes.length > MAX_KEPT_BYTES
  // `stream` leaves half a character at the end out.
  const kept = isCut ? new TextDecoder().decode(bytes.subarray(0, MAX_KEPT_BYTES), { stream: true }) : body
  const letter = { messageId, from, queue, body: kept, at: new Date(nowMs).toISOString() }
  const names = from === 'alarms' ? {} : runsNamedIn(body)
  return { ...letter, ...names, ...(isCut ? { cutFromBytes: bytes.length } : {}) }
}

/** Enough to see what it was; a poison message may be large. */
const MAX_SHOWN_CHARACTERS = 2_000

/** A letter as people are shown it: without what the store adds to it. */
export function letterViewOf(letter: DeadLetter): DeadLetter {
  const view = z.object(DeadLetter.shape).parse(letter)
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
  const [first, ...more] = [...named].slice(0, MAX_TOGETHER)
  if (!first) return {}
  return more.length > 0 ? { runIds: [first, ...more] } : { runId: first }
}
