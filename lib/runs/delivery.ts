import * as z from 'zod/mini'

/** The result of one alarm or ticket in a delivery. */
export const Result = z.object({
  subject: z.string().check(z.describe('The alarm or ticket, as people know it')),
  rule: z.optional(z.string()).check(z.describe('The rule that matches')),
  runs: z.optional(z.array(z.string())).check(z.describe('Ids of the runs that it requested, new or not')),
  episode: z.optional(z.string()).check(z.describe('Id of the episode that it belongs to')),
  warnings: z.optional(z.array(z.string())).check(z.describe('Limits of alarms that are used up on the resource')),
  ignored: z.optional(z.string()).check(z.describe('Why there is nothing to do')),
  refused: z
    .optional(z.string())
    .check(z.describe('Why a run was requested but is impossible. People are notified, or the sender is')),
  times: z.optional(z.int()).check(z.describe('How many results were equal, if there were many')),
  handedOn: z
    .optional(z.int())
    .check(z.describe('So many alarms were queued: each is decided in a moment and gets its own record')),
})
export type Result = z.infer<typeof Result>

/** The record of one delivery: an alarm's event, or a webhook. */
export const Delivery = z.object({
  id: z.string(),
  kind: z.literal('delivery'),
  source: z.string(),
  deliveryId: z.optional(z.string()).check(z.describe("The sender's own id of the delivery")),
  createdAt: z.string().check(z.describe('When it was received (ISO 8601)')),
  results: z.array(Result),
  raw: z.string().check(z.describe('The body, or its beginning')),
  cutFromBytes: z.optional(z.int()).check(z.describe('The size of the body in bytes, if it was cut')),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.int(),
})
export type Delivery = z.infer<typeof Delivery>

export const DELIVERY_ID = /^dlv_[0-9a-f]{32}$/

/** Whether the record names runs. A repeat that names none, e.g. because it is too old by then, does not replace it. */
export function namesRuns({ results }: Pick<Delivery, 'results'>): boolean {
  return results.some(({ runs = [] }) => runs.length > 0)
}

/** A rule requested a run, or may have, and there is none: people are notified. */
export interface RefusedRequest {
  source: string
  /** Identifies the alarm or ticket: the same however often it is delivered. */
  key: string
  subject: string
  /** Absent if the delivery cannot be read. */
  rule?: string
  reason: string
  /** When it was received (ISO 8601). */
  at: string
}
