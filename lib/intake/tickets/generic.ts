import * as z from 'zod'
import type { BatchRequest, RunRequest } from '../../runs/accept.ts'
import { issuesOf, RequestError } from '../../runs/request-error.ts'
import { targetsOf, Wanted } from '../http/run-request.ts'

/** The event type that asks for a run. Any other is authentic news that asks for nothing. */
const RUN_REQUESTED = 'run.requested'

/** A ticket system's wish in the payload shape of Standard Webhooks: `{ type, timestamp, data }`. */
const Envelope = z.looseObject({ type: z.string() })

const RunRequested = z.strictObject({
  type: z.literal(RUN_REQUESTED),
  timestamp: z.string().optional(),
  data: z.strictObject({
    ...Wanted,
    /** The ticket, e.g. `OPS-1234`. */
    ticket: z
      .string()
      .regex(/^[\x20-\x7e]{1,200}$/, 'must be printable ASCII')
      .optional(),
  }),
})

/** @throws {RequestError} naming the field */
export function readGeneric(
  payload: unknown,
  deliveryId: string,
): { request: RunRequest | BatchRequest } | { ignored: string } {
  const envelope = Envelope.safeParse(payload)
  if (!envelope.success) throw new RequestError(issuesOf(envelope.error))
  if (envelope.data.type !== RUN_REQUESTED) {
    return {
      ignored: `type ${JSON.stringify(envelope.data.type.slice(0, 100))} asks for nothing; ${RUN_REQUESTED} does`,
    }
  }
  const parsed = RunRequested.safeParse(payload)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const { operation, params, ticket, reason, collision = 'queue' } = parsed.data.data
  const why = [ticket, reason].filter(Boolean).join(': ')
  return {
    request: {
      operation,
      ...targetsOf(parsed.data.data, ['data']),
      params,
      collision,
      source: { kind: 'ticket', name: 'generic', id: deliveryId, ...(why ? { reason: why } : {}) },
      idempotencyKey: `ticket/generic/${deliveryId}`,
    },
  }
}
