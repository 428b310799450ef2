import * as z from 'zod'
import { type BatchRequest, MAX_TARGETS, type RunRequest } from '../../runs/draft.ts'
import { issuesOf, RequestError } from '../../runs/request-error.ts'
import { Collision } from '../../runs/run.ts'

export const Key = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')

export const Reason = z.string().max(1000)

const Target = z.record(z.string(), z.unknown())

/** What is asked for, at every door that takes a request as JSON. */
export const Wanted = {
  operation: z.string(),
  target: Target.optional(),
  targets: z.array(Target).min(1).max(MAX_TARGETS).optional().describe('Instead of `target`: a run each'),
  params: z.record(z.string(), z.unknown()).optional(),
  reason: Reason.optional().describe('Shown with the run'),
  collision: Collision.optional(),
}

/** The body of `POST /runs`; what `target` and `params` hold, the operation says. */
export const RunRequestBody = z.strictObject({
  ...Wanted,
  idempotencyKey: Key.optional().describe('The same as the header Idempotency-Key; one of them is enough'),
})

/** @param field of the body in which `target` or `targets` stands. @throws {RequestError} unless it is one of the two */
export function targetsOf(
  { target, targets }: Pick<z.infer<typeof RunRequestBody>, 'target' | 'targets'>,
  field: string[] = [],
): { target: unknown } | { targets: unknown[] } {
  if (target && !targets) return { target }
  if (targets && !target) return { targets }
  const message = target ? 'cannot stand beside targets' : 'is missing'
  throw new RequestError([{ field: [...field, 'target'].join('.'), message }])
}

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
): RunRequest | BatchRequest {
  const parsed = RunRequestBody.safeParse(body)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const header = Key.optional().safeParse(keyHeader)
  if (!header.success) throw new RequestError(issuesOf(header.error, ['Idempotency-Key']))
  const { operation, params, reason, collision = 'reject', idempotencyKey } = parsed.data
  if (header.data && idempotencyKey && header.data !== idempotencyKey) {
    throw new RequestError([{ field: 'idempotencyKey', message: 'differs from the header Idempotency-Key' }])
  }
  return {
    operation,
    ...targetsOf(parsed.data),
    params,
    collision,
    source: { kind: 'http', name: 'api', id: caller, ...(reason ? { reason } : {}) },
    idempotencyKey: `http/${header.data ?? idempotencyKey ?? freshKey}`,
  }
}
