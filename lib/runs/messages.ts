import * as z from 'zod/mini'
import { jsonOf } from '../basics/json-of.ts'

/** The queues of submit-run and poll-run. */
export type QueueName = 'submissions' | 'polls'

/** One provider call takes no more targets (DCS instance actions). */
export const MAX_BATCH_SIZE = 50

/**
 * Messages carry ids and step numbers, no state. `v` marks a message of another release: it becomes a dead letter and people
 * are notified, instead of being half understood.
 */
export const SubmitMessage = z.discriminatedUnion('v', [
  z.strictObject({ v: z.literal(1), runId: z.string() }),
  /** Runs of one batch, for one call of the provider. */
  z.strictObject({ v: z.literal(2), runIds: z.array(z.string()).check(z.minLength(1), z.maxLength(MAX_BATCH_SIZE)) }),
])
export type SubmitMessage = z.infer<typeof SubmitMessage>

export const PollMessage = z.strictObject({ v: z.literal(1), runId: z.string(), step: z.int() })
export type PollMessage = z.infer<typeof PollMessage>

export type Message = SubmitMessage | PollMessage

const MESSAGES = { submissions: SubmitMessage, polls: PollMessage } as const

export type MessageOf<Name extends QueueName> = z.infer<(typeof MESSAGES)[Name]>

/** @returns undefined where the text is no message of this release */
export function readMessage<Name extends QueueName>(queue: Name, text: string): MessageOf<Name> | undefined {
  return MESSAGES[queue].safeParse(jsonOf(text)).data as MessageOf<Name> | undefined // the union of both loses which one
}
