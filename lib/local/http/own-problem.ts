import type { IncomingMessage, ServerResponse } from 'node:http'
import { baseOf } from '../../api/http/base.ts'
import type { HttpEvent } from '../../api/http/http.ts'
import { documentOf } from '../../api/problems/answering.ts'
import type { FoundProblem } from '../../api/problems/problem.ts'
import { writeJson } from './http-response.ts'

/** A problem that the server itself finds, before any function has the request. */
export type OwnProblem = Pick<FoundProblem, 'type' | 'detail' | 'errors'>

export const STOPPING: OwnProblem = {
  type: 'not-ready',
  detail: 'This instance is stopping. Nothing was done: send the request again',
}

export const TOO_MANY: OwnProblem = {
  type: 'overloaded',
  detail: 'Too many requests at once. Nothing was done: send the request again',
}

/** Work may go on: the function was not stopped. */
export const LATE: OwnProblem = {
  type: 'overloaded',
  detail: 'There was no answer in time. It may have been done: send the request again under the same key',
}

export const BROKEN: OwnProblem = {
  type: 'internal-error',
  detail: 'No data is known to be lost: try again, or see the log',
}

export const NOWHERE: OwnProblem = { type: 'not-found', detail: 'There is nothing at this address' }

export const MALFORMED: OwnProblem = {
  type: 'invalid-request',
  detail: 'The path is not encoded as UTF-8, or the request names two hosts',
}

export function tooLarge(maxBytes: number): OwnProblem {
  const detail = `the body has more than ${maxBytes} bytes`
  return { type: 'body-too-large', detail, errors: [{ pointer: '#', detail }] }
}

/** A request that is refused, and the address of the API, if that is configured. */
interface Refused {
  message: IncomingMessage
  response: ServerResponse
  publicUrl: string | undefined
}

const HEADERS: Partial<Record<FoundProblem['type'], Record<string, string>>> = {
  unauthenticated: { 'www-authenticate': 'Bearer realm="steadyhand"' },
  'not-ready': { 'retry-after': '5' },
  overloaded: { 'retry-after': '5' },
}

/** Writes a problem document (RFC 9457). It has no `instance`, as no log line belongs to it. */
export function writeProblem({ message, response, publicUrl }: Refused, problem: OwnProblem): void {
  if (response.headersSent) return
  const proto = String(message.headers['x-forwarded-proto'] ?? '')
  const context = { domainName: message.headers.host ?? '' } as HttpEvent['requestContext'] // nothing else is read
  const base = baseOf({ headers: { 'x-forwarded-proto': proto }, requestContext: context }, publicUrl)
  const document = documentOf(problem, { base, requestId: undefined })
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...HEADERS[problem.type] }
  writeJson(response, document.status, { body: document, headers })
}
