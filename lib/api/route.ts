import type * as z from 'zod'
import type { AnswerName } from './openapi/answers.ts'

/** The routes of `apiHandler`. */
export type ApiOperationId =
  | 'createRun'
  | 'listRuns'
  | 'getRun'
  | 'cancelRun'
  | 'createBatch'
  | 'getBatch'
  | 'createPlan'
  | 'createBatchPlan'
  | 'listDeadLetters'
  | 'resendDeadLetter'
  | 'listDeliveries'
  | 'getDelivery'
  | 'listUnauthenticDeliveries'
  | 'showLimits'
  | 'clearLimit'
  | 'clearRuleLimit'
  | 'listEpisodes'
  | 'getEpisode'
  | 'listGroups'
  | 'resumeGroup'
  | 'listRules'
  | 'armRule'
  | 'createPause'
  | 'listPauses'
  | 'deletePause'
  | 'listOperations'
  | 'getOpenApi'
  | 'getProblemType'
  | 'getSchema'
  | 'getHealth'

/** Webhooks, and the events of one machine, have handlers of their own. */
type OperationId = ApiOperationId | 'receiveWebhook' | 'checkWebhook' | 'putEvents'

/** One route of the API, as the OpenAPI document describes it. */
export interface ApiRoute {
  method: 'GET' | 'POST' | 'DELETE'
  /** In the form of the gateway and the router, e.g. `/runs/{id}`. */
  path: string
  operationId: OperationId
  tag: 'runs' | 'operations' | 'episodes' | 'limits' | 'groups' | 'guards' | 'dead-letters' | 'deliveries' | 'service'
  summary: string
  description: string
  /** `signed`: the gateway authenticates the caller. `open`: it does not; the source verifies a webhook itself. */
  access: 'signed' | 'open'
  /** The only home that has it; both unless given. */
  home?: 'one machine'
  in?: { path?: z.ZodObject; query?: z.ZodObject; header?: z.ZodObject }
  body?: BodyName
  /** Requests that work against the simulated clouds, by what they ask for. A test sends each. */
  examples?: Readonly<Record<string, unknown>>
  /** By status, without {@link COMMON_ANSWERS}. */
  answers: Record<number, DocumentedAnswer>
}

/** `Clear`: why limits are cleared. `Arm`: why a rule is armed. `Resume`: why a storm is ended. `Anything`: the body of a source. `Events`: events of AWS. */
export type BodyName =
  | 'RunRequest'
  | 'BatchRequest'
  | 'Clear'
  | 'Arm'
  | 'Resume'
  | 'PauseRequest'
  | 'Anything'
  | 'Events'

export interface DocumentedAnswer {
  description: string
  /** Absent where there is no body. A `Problem` is sent as a problem document (RFC 9457). */
  body?: AnswerName | 'Page'
  headers?: readonly HeaderName[]
  /** Requests that the answer makes possible: operation -> parameter -> expression. */
  links?: Readonly<Record<string, { operationId: OperationId; parameters: Readonly<Record<string, string>> }>>
}

/** Headers of answers. */
export const HEADERS = {
  Location: 'Address of what was made, relative to this one',
  'Content-Location': 'Address of the run in the body, relative to this one',
  'Retry-After': 'Seconds until the next attempt, or until something new is to be expected',
  ETag: 'Version of what the body shows; changes with every change of it',
  'Preference-Applied': '`wait=N`, if the API has waited',
  'Idempotency-Replayed': '`true`, if an earlier request with this key was the same',
  'WWW-Authenticate': 'How to authenticate',
  Allow: 'The methods that the address has',
  Accept: 'The media type that would be read',
  'Accept-Encoding': 'The content coding that would be read',
} as const
export type HeaderName = keyof typeof HEADERS

interface CommonAnswer extends DocumentedAnswer {
  /** In the document. */
  name: string
  gateway?: true
}

/** Answers of every route, by status. `gateway`: a gateway of AWS gives it as well, in its own short form. */
export const COMMON_ANSWERS = {
  401: {
    name: 'Unauthenticated',
    description: 'The caller is not authenticated',
    body: 'Problem',
    headers: ['WWW-Authenticate'],
  },
  403: { name: 'Forbidden', description: 'The caller may not do this', body: 'Problem', gateway: true },
  405: { name: 'MethodNotAllowed', description: 'The address has other methods', body: 'Problem', headers: ['Allow'] },
  429: {
    name: 'TooManyRequests',
    description: 'Too many requests per second; an answer of the gateway',
    body: 'GatewayMessage',
  },
  500: {
    ...{ name: 'InternalError', description: 'An internal error; no data is known to be lost', body: 'Problem' },
    gateway: true,
  },
  503: {
    ...{ name: 'Unavailable', description: 'Overloaded or not ready; try again later', body: 'Problem' },
    headers: ['Retry-After'],
    gateway: true,
  },
} as const satisfies Record<number, CommonAnswer>

/** An answer that is a problem document. */
export function problemAnswer(description: string, headers: readonly HeaderName[] = []): DocumentedAnswer {
  return { description, body: 'Problem', ...(headers.length > 0 ? { headers } : {}) }
}

export const badQuery = problemAnswer('A parameter is wrong')

/** Answers of routes that read a body of JSON. */
export const BODY_ANSWERS = {
  413: problemAnswer('The body has more than 256 KiB'),
  415: problemAnswer('The body is not JSON, or is packed in an unsupported way', ['Accept', 'Accept-Encoding']),
} as const
