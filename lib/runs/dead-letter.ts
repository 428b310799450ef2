import * as z from 'zod/mini'
import { record } from './record.ts'

/** The queue that gave a message up, and to which it can be sent back. */
export const Sender = z.enum(['submissions', 'polls', 'alarms'])
export type Sender = z.infer<typeof Sender>

/** A message that a queue gave up, kept until a person sends it back. */
export const DeadLetter = record({
  /** The queue message's own id. */
  messageId: z.string(),
  from: Sender,
  /** The queue in which it was found: a dead-letter queue, or its own queue if it cannot be read there. */
  queue: z.string(),
  /** The run that it names. */
  runId: z.optional(z.string()),
  /** The runs that it names, if there are several. */
  runIds: z.optional(z.array(z.string())),
  /** The text of the message. */
  body: z.string(),
  /** The size of the body, if it was too large to be kept whole. A cut body cannot be sent back. */
  cutFromBytes: z.optional(z.int()),
  /** When it was given up (ISO 8601). */
  at: z.string(),
  /** When it was last sent back (ISO 8601). */
  sentBackAt: z.optional(z.string()),
})
export type DeadLetter = z.infer<typeof DeadLetter>

/** The message id of SQS: up to 100 characters, in practice a UUID. */
export const DEAD_LETTER_ID = /^[\w-]{1,100}$/

/** A message that is to become a dead letter. */
export type GivenUp = Pick<DeadLetter, 'messageId' | 'from' | 'queue' | 'body'>
