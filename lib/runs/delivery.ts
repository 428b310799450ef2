import * as z from 'zod'

/** What became of one thing that came in. */
export const Result = z.object({
  subject: z.string().describe('The alarm or the ticket, as people know it'),
  rule: z.string().optional().describe('The rule that fits'),
  runs: z.array(z.string()).optional().describe('Ids of the runs that it asked for, new or not'),
  warnings: z.array(z.string()).optional().describe('Limits of alarms that are used up there'),
  ignored: z.string().optional().describe('Why nothing is to be done'),
  refused: z.string().optional().describe('A run was wanted, but cannot be: why. People are told, or the sender'),
  times: z.number().int().optional().describe('How many results were the same, where they are many'),
  handedOn: z
    .number()
    .int()
    .optional()
    .describe('So many alarms are decided in a moment, each with a record of its own'),
})
export type Result = z.infer<typeof Result>

/** The record of one delivery: an alarm's event, or a webhook. */
export const Delivery = z.object({
  id: z.string(),
  kind: z.literal('delivery'),
  source: z.string(),
  deliveryId: z.string().optional().describe("The sender's own id of it"),
  createdAt: z.string().describe('When it came (ISO 8601)'),
  results: z.array(Result),
  raw: z.string().describe('The body, or how it begins'),
  cutFromBytes: z.number().int().optional().describe('How many bytes it had, where it was cut'),
  /** When the record may be deleted (epoch seconds). */
  expiresAtSeconds: z.number().int(),
})
export type Delivery = z.infer<typeof Delivery>

export const DELIVERY_ID = /^dlv_[0-9a-f]{32}$/

/** Such a record is not replaced by one of a repeat that names none, e.g. because it is older than a day by then. */
export function namesRuns({ results }: Pick<Delivery, 'results'>): boolean {
  return results.some(({ runs = [] }) => runs.length > 0)
}

/** A rule wanted a run, or may have, and there is none: what people are told. */
export interface Refusal {
  source: string
  /** Of what came in: the same however often it is delivered. */
  key: string
  subject: string
  /** None where the delivery cannot be read. */
  rule?: string
  reason: string
  /** When it came (ISO 8601). */
  at: string
}
