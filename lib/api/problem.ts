import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import * as z from 'zod'
import { NoCredentials } from '../cloud/provider.ts'
import { DeadLetterCutError } from '../dead-letters/send-back.ts'
import { BodyError } from '../http/body.ts'
import { KeyReusedError, NotAllowedError, RequestError } from '../runs/request-error.ts'
import { Holder } from '../runs/run.ts'
import { State } from '../runs/states.ts'
import { UnreachableError } from '../sources/fetch-text.ts'
import { NotConfiguredError } from '../sources/settings.ts'
import { SignatureError } from '../sources/verify/signature-error.ts'
import { ConflictError, NotFoundError, PreconditionError } from './errors.ts'
import { isOverload } from './overload.ts'

/** A problem document, RFC 9457: https://www.rfc-editor.org/rfc/rfc9457. */
export const Problem = z.object({
  type: z.literal('about:blank'),
  status: z.number().int().describe('The HTTP status'),
  title: z.string(),
  detail: z.string().describe('The cause of this error'),
  errors: z
    .array(z.object({ field: z.string().describe('Dotted path, e.g. `target.instanceId`'), message: z.string() }))
    .optional()
    .describe('The wrong fields'),
  run: z.string().optional().describe('The run in conflict'),
  state: State.optional().describe('The state of the run in conflict'),
  holder: Holder.optional().describe('The run that has the target, in a conflict'),
})
type Problem = z.infer<typeof Problem>

/**
 * Any error as a problem document. An unexpected error shows nothing of its content.
 * @param keyField the header or field of the caller's idempotency key
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

/** The SDK has retried throttled requests by then. */
const RETRY_AFTER_SECONDS = '5'

type ProblemFields = Omit<Problem, 'type'>

type FindProblem = (error: unknown, keyField: string) => ProblemFields | undefined

interface ProblemRow<Fault extends Error> {
  status: number
  title: string
  /** Fields to add, or to put in place of others. */
  more?: (error: Fault, keyField: string) => Partial<ProblemFields>
}

/** The problem of one class of errors; its detail is the message of the error. */
function problemFor<Fault extends Error>(
  kind: abstract new (...of: never[]) => Fault,
  { status, title, more }: ProblemRow<Fault>,
): FindProblem {
  return (error, keyField) =>
    error instanceof kind ? { status, title, detail: error.message, ...more?.(error, keyField) } : undefined
}

const NOT_NOW = 'Not at this moment'

/** Unauthenticated senders learn nothing of the configuration: which secrets exist, their names, which systems are asked. */
const UNPROVEN = 'This delivery is not proven to come from an allowed sender; the log has the reason'
const RETRY = { detail: 'Nothing was done: send it again later. The log has the reason' }

const PROBLEMS: readonly FindProblem[] = [
  problemFor(RequestError, {
    status: 400,
    title: 'The request is not valid',
    more: ({ issues }) => ({ errors: issues }),
  }),
  problemFor(BodyError, {
    status: 400,
    title: 'The body cannot be read',
    more: ({ status, message }) => ({ status, errors: [{ field: 'body', message }] }),
  }),
  problemFor(SignatureError, {
    status: 401,
    title: 'The webhook is not authentic',
    more: () => ({ detail: UNPROVEN }),
  }),
  problemFor(NotAllowedError, { status: 403, title: 'Not allowed' }),
  problemFor(NotFoundError, { status: 404, title: 'Not found' }),
  problemFor(ConflictError, {
    status: 409,
    title: 'Conflict',
    more: ({ run: { id, state, outcome } }) => ({ run: id, state, holder: outcome?.holder }),
  }),
  problemFor(DeadLetterCutError, { status: 409, title: 'Conflict' }),
  problemFor(PreconditionError, {
    status: 412,
    title: 'The run has changed',
    more: ({ message }) => ({ errors: [{ field: 'If-Match', message }] }),
  }),
  problemFor(KeyReusedError, {
    status: 422,
    title: 'The idempotency key belongs to another request',
    more: ({ message }, field) => ({ errors: [{ field, message }] }),
  }),
  // Operators must fix these. A sender that retries afterwards loses nothing.
  problemFor(NotConfiguredError, { status: 503, title: NOT_NOW, more: () => RETRY }),
  problemFor(UnreachableError, { status: 503, title: NOT_NOW, more: () => RETRY }),
  problemFor(NoCredentials, { status: 503, title: NOT_NOW, more: () => RETRY }),
]

function problemOf(error: unknown, keyField: string): ProblemFields {
  // The answer shows the gravest of several failures: the sender retries if one of them may pass.
  if (error instanceof AggregateError) {
    const problems = error.errors.map((one) => problemOf(one, keyField))
    const [gravest] = problems.sort((a, b) => b.status - a.status)
    if (gravest) return gravest
  }
  for (const find of PROBLEMS) {
    const problem = find(error, keyField)
    if (problem) return problem
  }
  if (isOverload(error)) {
    const detail = 'The store of records is overloaded or unreachable: try again with the same idempotency key'
    return { status: 503, title: NOT_NOW, detail }
  }
  return {
    status: 500,
    title: 'Internal error',
    detail: 'No data is known to be lost: try again, or see the log',
  }
}

/**
 * A handler that answers every error with a problem document. `onFault` gets the errors that are not the caller's.
 * @param keyField the header or field of the caller's idempotency key
 */
export function answeringProblems<Event, Context>(
  handle: (event: Event, context: Context) => Promise<APIGatewayProxyStructuredResultV2>,
  onFault: (error: unknown, event: Event) => void,
  keyField?: string,
): (event: Event, context: Context) => Promise<APIGatewayProxyStructuredResultV2> {
  return async (event, context) => {
    try {
      return await handle(event, context)
    } catch (error) {
      const response = problemResponse(error, keyField)
      if ((response.statusCode ?? 500) >= 500) onFault(error, event)
      return response
    }
  }
}
