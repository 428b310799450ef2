import * as z from 'zod'
import { issuesOf } from '../basics/field-issues.ts'
import type { BatchRequest, RunRequest } from '../runs/accept/draft.ts'
import { Key, RequestFields, targetsOf } from '../runs/accept/request-body.ts'
import { RequestError } from '../runs/request-error.ts'

/** The body of `POST /runs`. The operation defines the content of `target` and `params`. */
export const RunRequestBody = z.strictObject({
  ...RequestFields,
  idempotencyKey: Key.optional().describe('Same as the header Idempotency-Key; one of the two is enough'),
})

/** A quoted string of structured fields (RFC 9651, 3.3.3). */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

/**
 * The key in the header; a quoted key is read without its quotes. Servers join two headers to one, with a comma.
 * @throws {RequestError}
 */
function keyOf(header: string): string {
  const text = header.trim()
  const quoted = QUOTED.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1')
  if (quoted === undefined && /[",]/.test(text)) {
    const message = 'holds two keys, or an unquoted comma or quote: send one key, such as "a,b"'
    throw new RequestError([{ field: 'Idempotency-Key', message }])
  }
  const parsed = Key.safeParse(quoted ?? text)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error, ['Idempotency-Key']))
  return parsed.data
}

interface RequestContext {
  keyHeader?: string | undefined
  /** The authenticated caller. Keys of different scopes never meet. */
  caller: { name: string; scope: string }
  /** Used where the caller gives no key: every such request is a new one. */
  freshKey: string
}

/**
 * The request for a run, or for a run for each of many targets, in the body of `POST /runs`.
 * @throws {RequestError} naming the field
 */
export function readRunRequest(
  body: unknown,
  { keyHeader, caller, freshKey }: RequestContext,
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
