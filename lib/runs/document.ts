import * as z from 'zod/mini'
import { record } from './record.ts'

/** A small durable record that is no run: an episode, or what a guard counts. Its owner knows its other fields. */
export const Document = record({
  id: z.string(),
  kind: z.enum(['episode', 'guard']),
  createdAt: z.string(),
  /** When the sweeper checks it; absent where nothing must happen. */
  dueAt: z.optional(z.string()),
  /** Lists have it, under this word; absent where none has it. */
  listedAs: z.optional(z.string()),
  /** Every change is conditional on it and raises it by one. */
  version: z.int(),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.int(),
})
export type Document = z.infer<typeof Document>
