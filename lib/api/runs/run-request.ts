import * as z from 'zod'
import { issuesOf } from '../../basics/field-issues.ts'
import type { BatchRequest, RunRequest } from '../../runs/accept/draft.ts'
import { Key, RequestFields, targetsOf } from '../../runs/accept/request-body.ts'
import { RequestError } from '../../runs/request-error.ts'

const { target, targets, operation, params, ...optional } = RequestFields

/** The fields of every body, whatever the operation. */
export const SharedFields = {
  ...optional,
  idempotencyKey: Key.optional().describe('Same as the header Idempotency-Key; one of the two is enough'),
}

const CommonFields = { operation, params, ...SharedFields }

/** Bodies by what they must name. `either` is the form of 0.x. */
const BODIES = {
  target: z.strictObject({ ...CommonFields, target: target.unwrap() }),
  targets: z.strictObject({ ...CommonFields, targets: targets.unwrap() }),
  either: z.strictObject({ ...CommonFields, target, targets }),
}
export type BodyForm = keyof typeof BODIES

/** The request that a body of a form makes. */
export type RequestOf<Form extends BodyForm> = Form extends 'target'
  ? RunRequest
  : Form extends 'targets'
    ? BatchRequest
    : RunRequest | BatchRequest

/** A quoted string of structured fields (RFC 9651, 3.3.3). */
const QUOTED = /^"((?:[^"\\]|\\["\\])*)"$/

/**
 * The key in the header; a quoted key is read without its quotes. Servers join two headers to one, with a comma.
 * @throws {RequestError}
 */
export function keyOf(header: string): string {
  const text = header.trim()
  const quoted = QUOTED.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1')
  if (quoted === undefined && /[",]/.test(text)) {
    throw wrongKey('holds two keys, or an unquoted comma or quote: send one key, such as "a,b"')
  }
  const parsed = Key.safeParse(quoted ?? text)
  if (!parsed.success) throw wrongKey(issuesOf(parsed.error)[0]?.message ?? 'is not valid')
  return parsed.data
}

function wrongKey(message: string): RequestError {
  return new RequestError([{ field: 'Idempotency-Key', in: 'header', message }])
}

interface RequestContext {
  keyHeader?: string | undefined
  /** The header of that name; ignored where it is malformed. */
  traceparent?: string | undefined
  /** The authenticated caller. Keys of different scopes never meet. */
  caller: { name: string; scope: string }
  /** Used where the caller gives no key: every such request is a new one. */
  freshKey: string
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/**
 * The request for a run, or for a run for each of many targets.
 * @throws {RequestError} naming the field
 */
export function readRequest<Form extends BodyForm>(
  body: unknown,
  form: Form,
  { keyHeader, traceparent = '', caller, freshKey }: RequestContext,
): RequestOf<Form> {
  const parsed = BODIES[form].safeParse(body)
  if (!parsed.success) throw new RequestError(issuesOf(parsed.error))
  const header = keyHeader === undefined ? undefined : keyOf(keyHeader)
  const { operation, params, reason, collision = 'reject', idempotencyKey, override } = parsed.data
  if (header && idempotencyKey && header !== idempotencyKey) {
    throw new RequestError([{ field: 'idempotencyKey', message: 'differs from the header Idempotency-Key' }])
  }
  const request = {
    operation,
    ...targetsOf(parsed.data),
    params,
    collision,
    ...(override ? { override: { by: caller.name, reason: override.reason } } : {}),
    ...(TRACEPARENT.test(traceparent) ? { traceparent } : {}),
    source: { kind: 'http' as const, name: 'api', id: caller.name, ...(reason ? { reason } : {}) },
    idempotencyKey: `http/${JSON.stringify([caller.scope, header ?? idempotencyKey ?? freshKey])}`,
  }
  return request as RequestOf<Form> // the schema of the form requires what it names
}
