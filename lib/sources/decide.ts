import type { Result } from '../runs/delivery.ts'
import type { RecordPorts } from '../runs/ports.ts'
import type { DeliveryItem } from './source.ts'
import type { Ticket } from './ticket.ts'

/**
 * Asks the ticket system whether somebody other than the requester approved a ticket, and whether it is unchanged since.
 * @param paths the fields that the rule reads
 * @param fresh the greatest age of the approval, by the ticket system's own times
 * @returns the reason for a denial; undefined if it is approved
 */
export type ApprovalDenial = (
  ticket: Ticket,
  paths: string[],
  fresh: { nowMs: number; maxAgeMinutes: number },
) => Promise<string | undefined>

/**
 * Decides what one delivered item starts, and starts it. The rules implement this; sources do not import them.
 * @throws {RequestError | KeyReusedError | NotAllowedError} for the sender of a request in Steadyhand's own format
 */
export type Decide = (item: DeliveryItem, approvalDenial?: ApprovalDenial) => Promise<Result>

/** Dependencies of receiving a delivery. */
export interface ReceiveContext {
  ports: RecordPorts
  decide: Decide
}
