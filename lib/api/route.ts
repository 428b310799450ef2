import type * as z from 'zod'
import type { AnswerName } from './answers.ts'

/** What `apiHandler` carries out. */
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

/** The webhooks have a function of their own. */
type OperationId = ApiOperationId | 'receiveWebhook' | 'lookAtWebhook'

/** One route of the API, as the document tells of it. */
export interface Route {
  method: 'GET' | 'POST'
  /** As the gateway and the router have it. */
  path: string
  operationId: OperationId
  tag: 'runs' | 'operations' | 'limits' | 'dead-letters' | 'deliveries' | 'service'
  summary: string
  description?: string
  /** `signed`: the gateway wants to know who asks. `open`: it does not; what a webhook proves, its source checks. */
  access: 'signed' | 'open'
  in?: { path?: z.ZodObject; query?: z.ZodObject; header?: z.ZodObject }
  /** A wish of the catalogue, whatever a source sends, or why limits are opened. */
  body?: 'wish' | 'anything' | 'clear'
  /** By status; those that any route may answer are left out. */
  answers: Record<number, Answer>
}

export interface Answer {
  says: string
  /** Any of these; none = no body. What is `Problem` is a problem document. */
  body?: readonly AnswerName[]
  headers?: readonly HeaderName[]
}

/** Headers of answers. */
export const HEADERS = {
  Location: 'Where the run is',
  'Content-Location': 'Where the run is that is shown',
  'Retry-After': 'Seconds after which to ask again',
  ETag: 'Changes with the run',
  'Preference-Applied': '`wait=N`, where it was waited',
  'Idempotency-Replayed': '`true`, where the key was used for this before',
  'WWW-Authenticate': 'How to say who asks',
} as const
export type HeaderName = keyof typeof HEADERS

/** What the gateway answers, or any route. */
export const COMMON_ANSWERS = {
  401: { says: 'Nobody known asks', body: ['Problem'], headers: ['WWW-Authenticate'] },
  403: { says: 'Who asks may not', body: ['GatewayMessage', 'Problem'] },
  429: { says: 'Too many requests a second', body: ['GatewayMessage'] },
  500: { says: 'A fault of ours; nothing is known to be lost', body: ['Problem', 'GatewayMessage'] },
  503: { says: 'Too much at once; ask again later', body: ['Problem', 'GatewayMessage'], headers: ['Retry-After'] },
} as const satisfies Record<number, Answer>
