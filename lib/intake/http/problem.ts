import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import * as z from 'zod'
import { NoCredentials } from '../../cloud/provider.ts'
import { KeyReusedError, NotAllowedError, RequestError } from '../../runs/request-error.ts'
import { Holder, type Run } from '../../runs/run.ts'
import { LetterCutError } from '../../runs/send-back.ts'
import { State } from '../../runs/states.ts'
import { BodyError } from '../body.ts'
import { UnreachableError } from '../fetch-text.ts'
import { NotConfiguredError } from '../settings.ts'
import { SignatureError } from '../verify/signature-error.ts'
import { isOverload } from './overload.ts'

/** There is no such thing at this address. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
}

/** It cannot be done to this run, or to its target, as things are. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
  readonly run: Run

  /** @param run the run that it is about, as it is now */
  constructor(message: string, run: Run) {
    super(message)
    this.run = run
  }
}

/** The run is not, or not any more, as its caller saw it. */
export class PreconditionError extends Error {
  override readonly name = 'PreconditionError'
}

/** RFC 9457, https://www.rfc-editor.org/rfc/rfc9457. */
export const Problem = z.object({
  type: z.literal('about:blank'),
  status: z.number().int().describe('The HTTP status'),
  title: z.string(),
  detail: z.string().describe('What is wrong with this request, or with what it asks for'),
  errors: z
    .array(z.object({ field: z.string().describe('Dotted path, e.g. `target.instanceId`'), message: z.string() }))
    .optional()
    .describe('Each field that is wrong'),
  run: z.string().optional().describe('Of a conflict: the run'),
  state: State.optional().describe('Of a conflict: the state of the run'),
  holder: Holder.optional().describe('Of a conflict: who has the target'),
})
type Problem = z.infer<typeof Problem>

/**
 * Any error as an RFC 9457 problem document. What we did not foresee says nothing of its inside.
 * @param keyField where the caller's idempotency key stands
 */
export function problemResponse(error: unknown, keyField = 'Idempotency-Key'): APIGatewayProxyStructuredResultV2 {
  const problem: Problem = { type: 'about:blank', ...problemOf(error, keyField) }
  const retry = problem.status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}
  return {
    statusCode: problem.status,
    headers: { 'content-type': 'application/problem+json', ...retry },
    body: JSON.stringify(problem),
  }
}

/** What throttles us has had its own repeats by then. */
const RETRY_AFTER_SECONDS = '5'

function problemOf(error: unknown, keyField: string): Omit<Problem, 'type'> {
  if (error instanceof RequestError) {
    return { status: 400, title: 'The request is not valid', detail: error.message, errors: error.issues }
  }
  if (error instanceof KeyReusedError) {
    const errors = [{ field: keyField, message: error.message }]
    return { status: 422, title: 'The idempotency key belongs to another request', detail: error.message, errors }
  }
  if (error instanceof BodyError) {
    const errors = [{ field: 'body', message: error.message }]
    return { status: error.status, title: 'The body cannot be read', detail: error.message, errors }
  }
  if (error instanceof SignatureError)
    return { status: 401, title: 'The webhook is not authentic', detail: error.message }
  if (error instanceof NotAllowedError) return { status: 403, title: 'Not allowed', detail: error.message }
  if (error instanceof ConflictError) {
    const { id, state, outcome } = error.run
    return { status: 409, title: 'Conflict', detail: error.message, run: id, state, holder: outcome?.holder }
  }
  if (error instanceof LetterCutError) return { status: 409, title: 'Conflict', detail: error.message }
  if (error instanceof PreconditionError) {
    const errors = [{ field: 'If-Match', message: error.message }]
    return { status: 412, title: 'The run has changed', detail: error.message, errors }
  }
  // Ours to mend: whoever sends it again once it is, loses nothing.
  if (error instanceof NotConfiguredError || error instanceof UnreachableError || error instanceof NoCredentials) {
    return { status: 503, title: 'Not at this moment', detail: error.message }
  }
  if (isOverload(error)) {
    const detail = 'What keeps the records is overloaded or out of reach; ask again, under the same key'
    return { status: 503, title: 'Not at this moment', detail }
  }
  if (error instanceof NotFoundError) return { status: 404, title: 'Not found', detail: error.message }
  return {
    status: 500,
    title: 'Something went wrong here',
    detail: 'Nothing is known to be lost; try again, or look in the log',
  }
}

/**
 * middy middleware: the end of every error of an HTTP handler. Faults of ours are logged; the rest is the caller's.
 * @param keyField where the caller's idempotency key stands
 */
export function problems(
  onFault: (error: unknown) => void,
  keyField?: string,
): {
  onError: (request: { error: unknown; response: unknown }) => void
} {
  return {
    onError: (request) => {
      const response = problemResponse(request.error, keyField)
      if ((response.statusCode ?? 500) >= 500) onFault(request.error)
      request.response = response
    },
  }
}
