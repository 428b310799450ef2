import * as z from 'zod'
import { record } from './record.ts'

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
export const DEAD_LETTER_ID = /^[\w-]{1,100}$/

/** What a consumer knows of a message that is to be buried. */
export type GivenUp = Pick<DeadLetter, 'messageId' | 'from' | 'queue' | 'body'>
