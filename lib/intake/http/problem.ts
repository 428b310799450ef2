import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { type FieldIssue, KeyReusedError, RequestError } from '../../runs/request-error.ts'
import type { Holder, Run } from '../../runs/run.ts'
import { LetterCutError } from '../../runs/send-back.ts'
import { BodyError } from '../body.ts'
import { SignatureError } from '../verify/standard-webhooks.ts'

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

interface Problem {
  status: number
  title: string
  detail: string
  errors?: FieldIssue[]
  /** Of a conflict: the run, its state, and who has its target. */
  run?: string
  state?: string
  holder?: Holder | undefined
}

/** Any error as an RFC 9457 problem document. What we did not foresee says nothing of its inside. */
export function problemResponse(error: unknown): APIGatewayProxyStructuredResultV2 {
  const problem = problemOf(error)
  return {
    statusCode: problem.status,
    headers: { 'content-type': 'application/problem+json' },
    body: JSON.stringify({ type: 'about:blank', ...problem }),
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof RequestError) {
    return { status: 400, title: 'The request is not valid', detail: error.message, errors: error.issues }
  }
  if (error instanceof KeyReusedError) {
    const errors = [{ field: 'Idempotency-Key', message: error.message }]
    return { status: 422, title: 'The idempotency key belongs to another request', detail: error.message, errors }
  }
  if (error instanceof BodyError) {
    const errors = [{ field: 'body', message: error.message }]
    return { status: error.status, title: 'The body cannot be read', detail: error.message, errors }
  }
  if (error instanceof SignatureError)
    return { status: 401, title: 'The webhook is not authentic', detail: error.message }
  if (error instanceof ConflictError) {
    const { id, state, outcome } = error.run
    return { status: 409, title: 'Conflict', detail: error.message, run: id, state, holder: outcome?.holder }
  }
  if (error instanceof LetterCutError) return { status: 409, title: 'Conflict', detail: error.message }
  if (error instanceof NotFoundError) return { status: 404, title: 'Not found', detail: error.message }
  return {
    status: 500,
    title: 'Something went wrong here',
    detail: 'Nothing is known to be lost; try again, or look in the log',
  }
}

/** middy middleware: the end of every error of an HTTP handler. Faults of ours are logged; the rest is the caller's. */
export function problems(onFault: (error: unknown) => void): {
  onError: (request: { error: unknown; response: unknown }) => void
} {
  return {
    onError: (request) => {
      const response = problemResponse(request.error)
      if (response.statusCode === 500) onFault(request.error)
      request.response = response
    },
  }
}
