import type { Context } from 'aws-lambda'
import { baseOf } from '../http/base.ts'
import { finish } from '../http/finish.ts'
import type { HttpEvent, HttpResult } from '../http/http.ts'
import { type FoundProblem, type Problem, problemOf, statusOf } from './problem.ts'
import { PROBLEM_TYPES, type ProblemTypeName } from './types.ts'

export interface Answering {
  /** The address of the API for everybody, if it is configured. */
  publicUrl?: string | undefined
  /** Gets each problem that is answered, and the name of its type. */
  onProblem: (problem: Problem & { name: ProblemTypeName }, error: unknown, event: Partial<HttpEvent>) => void
  /** The header of the caller's idempotency key. */
  keyHeader?: string
  /** How to authenticate, for a 401. */
  challengeOf?: (event: Partial<HttpEvent>) => string
}

type Handle<Event> = (event: Event, context: Context) => Promise<HttpResult>

/** A handler that answers every error with a problem document, and completes every answer. */
export function answeringProblems<Event extends Partial<HttpEvent>>(
  handle: Handle<Event>,
  { publicUrl, onProblem, keyHeader = 'Idempotency-Key', challengeOf }: Answering,
): Handle<Event> {
  return async (event, context) => {
    try {
      return await finish(event, await handle(event, context))
    } catch (error) {
      const found = problemOf(error, keyHeader)
      const problem = documentOf(found, { base: baseOf(event, publicUrl), requestId: requestIdOf(event, context) })
      onProblem({ ...problem, name: found.type }, error, event)
      const challenge =
        found.type === 'unauthenticated' && challengeOf ? { 'www-authenticate': challengeOf(event) } : {}
      return finish(event, problemResult(problem, { ...found.headers, ...challenge }))
    }
  }
}

/** Lambda's own id of the invocation, which its log lines have; on one machine that of the request. */
function requestIdOf({ requestContext }: Partial<HttpEvent>, context: Partial<Context>): string | undefined {
  return context.awsRequestId ?? requestContext?.requestId
}

interface Where {
  /** The address of the API, without a slash at the end. */
  base: string
  requestId: string | undefined
}

/** The problem document of an error. */
export function documentOf(found: FoundProblem, { base, requestId }: Where): Problem {
  const { type, headers, ...fields } = found
  return {
    type: problemAddress(base, type),
    title: PROBLEM_TYPES[type].title,
    status: statusOf(found),
    ...fields,
    ...(requestId === undefined ? {} : { instance: `urn:uuid:${requestId}` }),
  }
}

function problemAddress(base: string, type: ProblemTypeName): string {
  return `${base}/problems/${type}`
}

export function problemResult(problem: Problem, headers: Readonly<Record<string, string>> = {}): HttpResult {
  return {
    statusCode: problem.status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify(problem),
  }
}
