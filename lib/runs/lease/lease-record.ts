import * as z from 'zod'
import { record } from '../record.ts'
import { Holder, Run } from '../run.ts'
import { Attempt, Clearance, Notice } from '../tally.ts'

/** The stored form of a lease; its type is `Lease` of the ports. */
export const LeaseRecord = record({
  resource: z.string(),
  holder: Holder.optional(),
  until: z.string(),
  rest: record({ since: z.string(), seenAt: z.string(), looks: z.number().int().default(1) }).optional(),
  waiting: z.array(z.string()),
  history: z.array(Run.pick({ id: true, operation: true, state: true, sentAt: true, endedAt: true })).optional(),
  attempts: z.array(Attempt).optional(),
  notices: z.array(Notice).optional(),
  clearances: z.array(Clearance).optional(),
  version: z.number().int(),
})
