import * as z from 'zod/mini'
import { record } from '../record.ts'
import { Holder, Run } from '../run.ts'
import { Attempt, Clearance, Notice } from '../tally.ts'

/** The stored form of a lease; its type is `Lease` of the ports. */
export const LeaseRecord = record({
  resource: z.string(),
  holder: z.optional(Holder),
  until: z.string(),
  rest: z.optional(record({ since: z.string(), seenAt: z.string(), looks: z._default(z.int(), 1) })),
  waiting: z.array(z.string()),
  history: z.optional(z.array(z.pick(Run, { id: true, operation: true, state: true, sentAt: true, endedAt: true }))),
  attempts: z.optional(z.array(Attempt)),
  notices: z.optional(z.array(Notice)),
  clearances: z.optional(z.array(Clearance)),
  version: z.int(),
})
