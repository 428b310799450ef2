import type { IncomingMessage } from 'node:http'
import type { Admission, Admitted } from './admission.ts'
import type { GatewayRoute } from './route-match.ts'

/** How many requests stand in line before a function. */
export interface Lines {
  admission: Admission
  /** Requests of one function that are not answered yet, their bodies read or not. More are answered 503. */
  maxInLine?: number
  /** Requests that wait for a run at once (`Prefer: wait`). More are answered as if they had not asked to wait. */
  maxWaiting?: number
}

/** Two cores answer some 60 requests a second, and senders wait five seconds: a longer line would answer too late. */
const MAX_IN_LINE = 250

/** A waiting request costs one connection and a read now and then. */
const MAX_WAITING = 1_000

/** They have no body that anybody reads (RFC 9110, 9.3.1), so none is waited for. */
export const READS = new Set(['GET', 'HEAD'])

/** A read has a body, of which nothing is read. */
export function isUnreadBody({ method = '', headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return READS.has(method) && hasBody
}

/** Pages that are open to everybody have a line of their own: strangers who fill it keep nobody else out. */
export function lineOf({ function: name, authorization, method }: GatewayRoute): string {
  return authorization === 'NONE' && READS.has(method) ? `${name}, open` : name
}

/** Requests that wait for a run stand in a line of their own, so that they hold up no others. */
export function admit(
  { admission, maxInLine = MAX_IN_LINE, maxWaiting = MAX_WAITING }: Lines,
  name: string,
  { headersDistinct }: IncomingMessage,
): { admitted: Admitted | undefined; waits: boolean } {
  if (/\bwait\b/i.test(String(headersDistinct.prefer))) {
    const admitted = admission.enter(`${name}, waiting`, maxWaiting)
    if (admitted) return { admitted, waits: true }
    // That line is full: the request is answered as if it had not asked to wait.
    delete headersDistinct.prefer
  }
  return { admitted: admission.enter(name, maxInLine), waits: false }
}
