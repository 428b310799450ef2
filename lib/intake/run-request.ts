import * as z from 'zod'
import type { RunRequest } from '../runs/accept.ts'
import { issuesOf, RequestError } from '../runs/request-error.ts'

const Key = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')

/** Shown to people and stored: no half characters. */
export const Reason = z
  .string()
  .max(1000)
  .refine((text) => text.isWellFormed(), 'must be well-formed Unicode')

/** The body of `POST /runs`. */
const RunRequestBody = z.strictObject({
  operation: z.string(),
  target: z.record(z.string(), z.unknown()),
  params: z.record(z.string(), z.unknown()).optional(),
  reason: Reason.optional(),
  idempotencyKey: Key.optional(),
})

/**
 * @param caller who asked, as the gateway authenticated it
 * @param freshKey stands in where the caller gave no key: every such request is a wish of its own
 * @throws {RequestError} naming the field
 */
export function readRunRequest(
  body: unknown,
  keyHeader: string | undefined,
  caller: string,
  freshKey: string,
): RunRequest {
  const parsed = RunRequestBody.safeParse(body)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const header = Key.optional().safeParse(keyHeader)
  if (!header.success) throw new RequestError(issuesOf(header.error, ['Idempotency-Key']))
  const { operation, target, params, reason, idempotencyKey } = parsed.data
  if (header.data && idempotencyKey && header.data !== idempotencyKey) {
    throw new RequestError([{ field: 'idempotencyKey', message: 'differs from the header Idempotency-Key' }])
  }
  return {
    operation,
    target,
    params,
    source: { kind: 'http', name: 'api', id: caller, ...(reason ? { reason } : {}) },
    idempotencyKey: `http/${header.data ?? idempotencyKey ?? freshKey}`,
  }
}
