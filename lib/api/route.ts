import type * as z from 'zod'
import type { AnswerName } from './answers.ts'

/** The routes of `apiHandler`. */
export type ApiOperationId =
  | 'createRun'
  | 'listRuns'
  | 'getRun'
  | 'cancelRun'
  | 'listDeadLetters'
  | 'resendDeadLetter'
  | 'listDeliveries'
  | 'getDelivery'
  | 'showLimits'
  | 'clearLimit'
  | 'clearRuleLimit'
  | 'listOperations'
  | 'getOpenApi'
  | 'getHealth'

/** Webhooks have a handler of their own. */
type OperationId = ApiOperationId | 'receiveWebhook' | 'lookAtWebhook'

/** One route of the API, as the OpenAPI document describes it. */
export interface ApiRoute {
  method: 'GET' | 'POST'
  /** In the form of the gateway and the router, e.g. `/runs/{id}`. */
  path: string
  operationId: OperationId
  tag: 'runs' | 'operations' | 'limits' | 'dead-letters' | 'deliveries' | 'service'
  summary: string
  description?: string
  /** `signed`: the gateway authenticates the caller. `open`: it does not; the source verifies a webhook itself. */
  access: 'signed' | 'open'
  in?: { path?: z.ZodObject; query?: z.ZodObject; header?: z.ZodObject }
  /** `request`: a request for an operation. `anything`: the body of any source. `clear`: why limits are cleared. */
  body?: 'request' | 'anything' | 'clear'
  /** By status, without {@link COMMON_ANSWERS}. */
  answers: Record<number, DocumentedAnswer>
}

export interface DocumentedAnswer {
  description: string
  /** One of these schemas; none means no body. A `Problem` is sent as a problem document (RFC 9457). */
  body?: readonly AnswerName[]
  headers?: readonly HeaderName[]
}

/** Headers of answers. */
export const HEADERS = {
  Location: 'Address of the run',
  'Content-Location': 'Address of the run in the body',
  'Retry-After': 'Seconds until the next attempt',
  ETag: 'Version of the run; changes with every change of the run',
  'Preference-Applied': '`wait=N`, if the API has waited',
  'Idempotency-Replayed': '`true`, if an earlier request with this key was the same',
  'WWW-Authenticate': 'How to authenticate',
} as const
export type HeaderName = keyof typeof HEADERS

/** Answers of the gateway, and of every route. */
export const COMMON_ANSWERS = {
  401: { description: 'The caller is not authenticated', body: ['Problem'], headers: ['WWW-Authenticate'] },
  403: { description: 'The caller may not do this', body: ['GatewayMessage', 'Problem'] },
  429: { description: 'Too many requests per second', body: ['GatewayMessage'] },
  500: { description: 'An internal error; no data is known to be lost', body: ['Problem', 'GatewayMessage'] },
  503: {
    description: 'Overloaded or not ready; try again later',
    body: ['Problem', 'GatewayMessage'],
    headers: ['Retry-After'],
  },
} as const satisfies Record<number, DocumentedAnswer>

/** An answer that is a problem document. */
export function problemAnswer(description: string): DocumentedAnswer {
  return { description, body: ['Problem'] }
}

export const badQuery = problemAnswer('A parameter is wrong')
