import * as z from 'zod'

/**
 * What the queues carry: ids and step numbers, no state. `v` tells a message of another release apart: it is not
 * understood by half but ends in the dead letters, where people are told.
 */
export const SubmitMessage = z.strictObject({ v: z.literal(1), runId: z.string() })
export type SubmitMessage = z.infer<typeof SubmitMessage>

export const PollMessage = z.strictObject({ v: z.literal(1), runId: z.string(), step: z.number().int() })
export type PollMessage = z.infer<typeof PollMessage>

export type Message = SubmitMessage | PollMessage
