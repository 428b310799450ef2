import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import * as z from 'zod'
import { NoCredentials } from '../cloud/provider.ts'
import { DeadLetterCutError } from '../dead-letters/send-back.ts'
import { BodyError } from '../http/body.ts'
import { KeyReusedError, NotAllowedError, RequestError } from '../runs/accept/request-error.ts'
import { Holder } from '../runs/run.ts'
import { State } from '../runs/states.ts'
import { UnreachableError } from '../sources/fetch-text.ts'
import { NotConfiguredError } from '../sources/settings.ts'
import { SignatureError } from '../sources/verify/signature-error.ts'
import { ConflictError, NotFoundError, PreconditionError } from './errors.ts'
import { isOverload } from './overload.ts'

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

type Told = Omit<Problem, 'type'>

/** @param more what else there is to say of it, or what to say instead of its message */
function told<Fault extends Error>(
  kind: abstract new (...of: never[]) => Fault,
  status: number,
  title: string,
  more?: (error: Fault, keyField: string) => Partial<Told>,
): (error: unknown, keyField: string) => Told | undefined {
  return (error, keyField) =>
    error instanceof kind ? { status, title, detail: error.message, ...more?.(error, keyField) } : undefined
}

const NOT_NOW = 'Not at this moment'

/** Nobody who is not proven learns how this is configured: which secrets there are, what they are called, who is asked. The log says. */
const UNPROVEN = 'It is not proven that this comes from who may send it; the log says why'
const AGAIN = 'Nothing was done: send it again later; the log says why'

const FAULTS = [
  told(RequestError, 400, 'The request is not valid', ({ issues }) => ({ errors: issues })),
  told(BodyError, 400, 'The body cannot be read', ({ status, message }) => ({
    status,
    errors: [{ field: 'body', message }],
  })),
  told(SignatureError, 401, 'The webhook is not authentic', () => ({ detail: UNPROVEN })),
  told(NotAllowedError, 403, 'Not allowed'),
  told(NotFoundError, 404, 'Not found'),
  told(ConflictError, 409, 'Conflict', ({ run: { id, state, outcome } }) => ({
    run: id,
    state,
    holder: outcome?.holder,
  })),
  told(DeadLetterCutError, 409, 'Conflict'),
  told(PreconditionError, 412, 'The run has changed', ({ message }) => ({ errors: [{ field: 'If-Match', message }] })),
  told(KeyReusedError, 422, 'The idempotency key belongs to another request', ({ message }, field) => ({
    errors: [{ field, message }],
  })),
  // Ours to mend: whoever sends it again once it is, loses nothing.
  told(NotConfiguredError, 503, NOT_NOW, () => ({ detail: AGAIN })),
  told(UnreachableError, 503, NOT_NOW, () => ({ detail: AGAIN })),
  told(NoCredentials, 503, NOT_NOW, () => ({ detail: AGAIN })),
]

function problemOf(error: unknown, keyField: string): Told {
  // Of several failures the gravest is answered: where one may pass, the sender tries again.
  if (error instanceof AggregateError) {
    const problems = error.errors.map((one) => problemOf(one, keyField))
    const [gravest] = problems.sort((a, b) => b.status - a.status)
    if (gravest) return gravest
  }
  for (const fault of FAULTS) {
    const known = fault(error, keyField)
    if (known) return known
  }
  if (isOverload(error)) {
    const detail = 'What keeps the records is overloaded or out of reach; ask again, under the same key'
    return { status: 503, title: NOT_NOW, detail }
  }
  return {
    status: 500,
    title: 'Something went wrong here',
    detail: 'Nothing is known to be lost; try again, or look in the log',
  }
}

/**
 * The handler with an answer for every error. Faults of ours are told to `onFault`; the rest is the caller's.
 * @param keyField where the caller's idempotency key stands
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
