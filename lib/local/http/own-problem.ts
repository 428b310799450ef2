import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { baseOf } from '../../api/http/base.ts'
import type { HttpEvent } from '../../api/http/http.ts'
import { documentOf } from '../../api/problems/answering.ts'
import type { FoundProblem } from '../../api/problems/problem.ts'
import { writeJson } from './http-response.ts'

/** A problem that the server itself finds, before any function has the request. */
export type OwnProblem = Pick<FoundProblem, 'type' | 'detail' | 'errors'>

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

/** Writes a problem document (RFC 9457). */
export function writeProblem({ message, response, publicUrl }: Refused, problem: OwnProblem): void {
  const proto = String(message.headers['x-forwarded-proto'] ?? '')
  const context = { domainName: message.headers.host ?? '' } as HttpEvent['requestContext'] // nothing else is read
  const base = baseOf({ headers: { 'x-forwarded-proto': proto }, requestContext: context }, publicUrl)
  const { status, ...document } = documentOf(problem, { base, requestId: randomUUID() })
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...HEADERS[problem.type] }
  writeJson(response, status, { body: { ...document, status }, headers })
}
