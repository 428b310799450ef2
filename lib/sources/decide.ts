import type { Result } from '../runs/delivery.ts'
import type { RecordPorts } from '../runs/ports.ts'
import type { DeliveryItem } from './source.ts'
import type { Ticket } from './ticket.ts'

/**
 * Asks the ticket system whether somebody else approved a ticket, and whether it has stayed as it was then.
 * @param paths the fields that the rule reads
 * @param fresh the greatest age of what was approved, by the ticket system's own times
 * @returns why it is not approved; undefined where it is
 */
export type ApprovalDenial = (
  ticket: Ticket,
  paths: string[],
  fresh: { nowMs: number; maxAgeMinutes: number },
) => Promise<string | undefined>

/**
 * Decides what becomes of one thing that came in, and does it. The rules do so; sources do not know them.
 * @throws {RequestError | KeyReusedError | NotAllowedError} of a request in our own words, for its sender
 */
export type Decide = (reading: DeliveryItem, approvalDenial?: ApprovalDenial) => Promise<Result>

/** What receiving an event needs. */
export interface ReceiveContext {
  ports: RecordPorts
  decide: Decide
}
