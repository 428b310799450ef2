import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpEvent } from '../../api/http/http.ts'
import { MAX_REQUEST_BYTES, MAX_WEBHOOK_BYTES } from '../../http/body.ts'
import { type Access, denialOf } from './access.ts'
import type { Admitted } from './admission.ts'
import { admit, isUnreadBody, type Lines, lineOf, READS } from './admit.ts'
import { httpEvent } from './http-event.ts'
import { writeFunctionResponse, writeJson } from './http-response.ts'
import {
  BROKEN,
  LATE,
  MALFORMED,
  NOWHERE,
  type OwnProblem,
  STOPPING,
  TOO_MANY,
  tooLarge,
  writeProblem,
} from './own-problem.ts'
import { isDropped, MAX_PAYLOAD_BYTES, readBody } from './request-body.ts'
import { type RequestTarget, requestTarget } from './request-target.ts'
import type { RouteMatch, routeMatcher } from './route-match.ts'

/** Answers a request of this machine only, such as `POST /events`. */
export type LocalRoute = (event: HttpEvent) => Promise<unknown>

/**
 * Hands an event of an HTTP API to a function. @returns the function's response
 * @param options `waits`: the request may wait for a run
 */
export type Invoke = (functionId: string, event: object, options: { waits: boolean }) => Promise<unknown>

/** Everything that an answer depends on, beside the request. */
export interface Serving extends Lines {
  match: ReturnType<typeof routeMatcher>
  /** New requests are answered 503. */
  isClosing: boolean
  access: Access
  /** The address of the API, if it is configured. */
  publicUrl?: string | undefined
  /** By method and path: `POST /events`. They go before the other routes. */
  localRoutes: Record<string, LocalRoute>
  /** Answered to everybody at once, outside any line, with the body unread: `GET /health`. */
  instantRoutes?: Record<string, unknown>
  invoke: Invoke
  onError: (error: unknown) => void
}

/** An admitted request, and its answer. */
interface Exchange {
  message: IncomingMessage
  response: ServerResponse
  target: RequestTarget
  publicUrl: string | undefined
  admitted: Admitted
  waits: boolean
  shouldKeepAlive: boolean
}

export async function answerRequest(
  serving: Serving,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // The connection closes after an answer that is given before the body is read: the rest is not listened to.
  const { shouldKeepAlive } = response
  if (!isDropped(message) || isUnreadBody(message)) response.shouldKeepAlive = false
  const { method = '' } = message
  const { publicUrl } = serving
  const { host: hosts = [] } = message.headersDistinct
  const target = requestTarget(message)
  const { path } = target
  const name = `${method} ${path}`
  if (serving.isClosing) {
    response.shouldKeepAlive = false
    return writeProblem({ message, response, publicUrl }, STOPPING)
  }
  const instant = serving.instantRoutes?.[name]
  if (instant !== undefined)
    return writeJson(response, 200, { body: instant, headers: { 'cache-control': 'private, no-cache' } })
  const local = serving.localRoutes[name]
  const found = local ? undefined : orMalformed(() => serving.match(method, path))
  if (found === 'malformed' || hosts.length > 1) return writeProblem({ message, response, publicUrl }, MALFORMED)
  const isOpen = found?.route.authorization === 'NONE'
  const denial = isOpen ? undefined : denialOf(serving.access, message)
  if (denial) return writeProblem({ message, response, publicUrl }, denial)
  if (!local && !found) return writeProblem({ message, response, publicUrl }, NOWHERE)
  // The token was checked here: no function needs it.
  if (!isOpen) delete message.headersDistinct.authorization
  // Before anything of the body is read: a request that only begins to arrive counts, too.
  const { admitted, waits } = admit(serving, found ? lineOf(found.route) : name, message)
  if (!admitted) return writeProblem({ message, response, publicUrl }, TOO_MANY)
  const exchange = { message, response, target, publicUrl, admitted, waits, shouldKeepAlive }
  try {
    await (local ? answerLocally(serving, local, exchange) : found && answerByFunction(serving, found, exchange))
  } finally {
    admitted.leave()
  }
}

async function answerLocally(serving: Serving, local: LocalRoute, exchange: Exchange): Promise<void> {
  const { message, target } = exchange
  const route = { ...LOCAL_ROUTE, key: `${message.method} ${target.path}`, path: target.path }
  const event = await eventOf(serving, { route, params: {} }, { ...exchange, maxBytes: MAX_WEBHOOK_BYTES })
  if (event) writeFunctionResponse(exchange.response, await local(event as HttpEvent))
}

/** The parts of a route that a local one does not need. */
const LOCAL_ROUTE = { method: 'POST', function: 'local', timeoutMs: 0, authorization: 'AWS_IAM' } as const

async function answerByFunction(serving: Serving, found: RouteMatch, exchange: Exchange): Promise<void> {
  // A webhook's signature covers the whole body, so its function refuses a large one only after the proof.
  const maxBytes = found.route.authorization === 'NONE' ? MAX_PAYLOAD_BYTES : MAX_REQUEST_BYTES
  const event = await eventOf(serving, found, { ...exchange, maxBytes })
  if (!event) return
  const { message, response, publicUrl, waits } = exchange
  const refuse = (problem: OwnProblem): void => writeProblem({ message, response, publicUrl }, problem)
  const { route } = found
  const timer = setTimeout(() => refuse(LATE), route.timeoutMs)
  try {
    const result = await serving.invoke(route.function, event, { waits })
    if (!response.headersSent) writeFunctionResponse(response, result)
  } catch (error) {
    serving.onError(error)
    refuse(BROKEN)
  } finally {
    clearTimeout(timer)
  }
}

/** Apart, so that the bytes of the body are freed: the event has the text. @returns undefined as {@link bodyOf} */
async function eventOf(
  { access }: Serving,
  found: RouteMatch,
  exchange: Exchange & { maxBytes: number },
): Promise<ReturnType<typeof httpEvent> | undefined> {
  const body = await bodyOf(exchange)
  if (!body) return undefined
  const { message, target } = exchange
  const user = access.token === undefined ? 'local' : 'bearer'
  return httpEvent(found, { message, ...target, body, user }, new Date())
}

/** @returns undefined where the body was not read; then the request is answered */
async function bodyOf({
  message,
  response,
  publicUrl,
  admitted,
  shouldKeepAlive,
  maxBytes,
}: Exchange & { maxBytes: number }): Promise<Buffer | undefined> {
  if (READS.has(message.method ?? '')) return Buffer.alloc(0)
  const body = await readBody(message, maxBytes, admitted)
  if (typeof body !== 'string') {
    response.shouldKeepAlive = shouldKeepAlive
    return body
  }
  if (body === 'no room') writeProblem({ message, response, publicUrl }, TOO_MANY)
  if (body === 'too large') writeProblem({ message, response, publicUrl }, tooLarge(maxBytes))
  if (body === 'over quota') writeProblem({ message, response, publicUrl }, tooLarge(MAX_PAYLOAD_BYTES))
  return undefined
}

function orMalformed<T>(work: () => T): T | 'malformed' {
  try {
    return work()
  } catch {
    return 'malformed'
  }
}
