import * as z from 'zod'

/** The result of one alarm or ticket in a delivery. */
export const Result = z.object({
  subject: z.string().describe('The alarm or ticket, as people know it'),
  rule: z.string().optional().describe('The rule that matches'),
  runs: z.array(z.string()).optional().describe('Ids of the runs that it requested, new or not'),
  warnings: z.array(z.string()).optional().describe('Limits of alarms that are used up on the resource'),
  ignored: z.string().optional().describe('Why there is nothing to do'),
  refused: z
    .string()
    .optional()
    .describe('Why a run was requested but is impossible. People are notified, or the sender is'),
  times: z.number().int().optional().describe('How many results were equal, if there were many'),
  handedOn: z
    .number()
    .int()
    .optional()
    .describe('So many alarms were queued: each is decided in a moment and gets its own record'),
})
export type Result = z.infer<typeof Result>

/** The record of one delivery: an alarm's event, or a webhook. */
export const Delivery = z.object({
  id: z.string(),
  kind: z.literal('delivery'),
  source: z.string(),
  deliveryId: z.string().optional().describe("The sender's own id of the delivery"),
  createdAt: z.string().describe('When it was received (ISO 8601)'),
  results: z.array(Result),
  raw: z.string().describe('The body, or its beginning'),
  cutFromBytes: z.number().int().optional().describe('The size of the body in bytes, if it was cut'),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.number().int(),
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
