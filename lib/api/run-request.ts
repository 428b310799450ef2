import * as z from 'zod'
import { issuesOf } from '../basics/field-issues.ts'
import type { BatchRequest, RunRequest } from '../runs/accept/draft.ts'
import { Key, RequestFields, targetsOf } from '../runs/accept/request-body.ts'
import { RequestError } from '../runs/accept/request-error.ts'

/** The body of `POST /runs`; what `target` and `params` hold, the operation says. */
export const RunRequestBody = z.strictObject({
  ...RequestFields,
  idempotencyKey: Key.optional().describe('The same as the header Idempotency-Key; one of them is enough'),
})

/** A text in quotes, as structured fields have it (RFC 9651, 3.3.3). */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

/**
 * The key of a header: what is in quotes is read as its content. Two headers come as one, joined by a comma.
 * @throws {RequestError}
 */
function keyOf(header: string): string {
  const text = header.trim()
  const quoted = QUOTED.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1')
  if (quoted === undefined && /[",]/.test(text)) {
    const message = 'is doubled, or has a comma or a quote that is not in quotes: send one key, such as "a,b"'
    throw new RequestError([{ field: 'Idempotency-Key', message }])
  }
  const parsed = Key.safeParse(quoted ?? text)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error, ['Idempotency-Key']))
  return parsed.data
}

/**
 * @param caller who asked, as the gateway authenticated it, and whose keys are kept apart from those of all others
 * @param freshKey stands in where the caller gave no key: every such request is a wish of its own
 * @throws {RequestError} naming the field
 */
export function readRunRequest(
  body: unknown,
  keyHeader: string | undefined,
  caller: { name: string; scope: string },
  freshKey: string,
): RunRequest | BatchRequest {
  const parsed = RunRequestBody.safeParse(body)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const header = keyHeader === undefined ? undefined : keyOf(keyHeader)
  const { operation, params, reason, collision = 'reject', idempotencyKey } = parsed.data
  if (header && idempotencyKey && header !== idempotencyKey) {
    throw new RequestError([{ field: 'idempotencyKey', message: 'differs from the header Idempotency-Key' }])
  }
  return {
    operation,
    ...targetsOf(parsed.data),
    params,
    collision,
    source: { kind: 'http', name: 'api', id: caller.name, ...(reason ? { reason } : {}) },
    idempotencyKey: `http/${JSON.stringify([caller.scope, header ?? idempotencyKey ?? freshKey])}`,
  }
}
