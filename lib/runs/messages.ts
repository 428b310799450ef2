import * as z from 'zod'

/** Where messages wait for submit-run and poll-run. */
export type QueueName = 'submissions' | 'polls'

/** One provider call takes no more (DCS instance actions). */
export const MAX_TOGETHER = 50

/**
 * What the queues carry: ids and step numbers, no state. `v` tells a message of another release apart: it is not
 * understood by half, but parked, and people are told.
 */
export const SubmitMessage = z.discriminatedUnion('v', [
  z.strictObject({ v: z.literal(1), runId: z.string() }),
  /** Runs of one batch, for one call of the provider. */
  z.strictObject({ v: z.literal(2), runIds: z.array(z.string()).min(1).max(MAX_TOGETHER) }),
])
export type SubmitMessage = z.infer<typeof SubmitMessage>

export const PollMessage = z.strictObject({ v: z.literal(1), runId: z.string(), step: z.number().int() })
export type PollMessage = z.infer<typeof PollMessage>

export type Message = SubmitMessage | PollMessage
