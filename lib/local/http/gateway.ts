import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { problemResponse } from '../../api/problem.ts'
import { BodyError, MAX_BODY_BYTES, MAX_WEBHOOK_BYTES } from '../../http/body.ts'
import { type Access, denialOf } from './access.ts'
import { type Admission, type Admitted, createAdmission } from './admission.ts'
import { type Arrivals, createArrivals } from './arrivals.ts'
import { httpEvent } from './http-event.ts'
import { writeFunctionResponse, writeJson, writeMessage, writeProblem } from './http-response.ts'
import { isDropped, MAX_PAYLOAD_BYTES, readBody } from './request-body.ts'
import { type GatewayRoute, type RouteMatch, routeMatcher } from './route-match.ts'

// An import would load all that `node:http` has, the clients of WebSocket too: 16 MB, and 45 ms.
const { createServer } = process.getBuiltinModule('node:http')

/** Answers a request of this machine only, such as `POST /events`, from the text of its body. */
export type LocalRoute = (body: string) => LocalAnswer | Promise<LocalAnswer>

type LocalAnswer = { statusCode: number; body: unknown }

/**
 * Answers a request that came by a route: an event of an HTTP API, its response.
 * @param waits the request may wait for a run
 */
export type Invoke = (functionId: string, event: object, waits: boolean) => Promise<unknown>

export type GatewayOptions = {
  routes: GatewayRoute[]
  /** By method and path: `POST /events`. They go before the routes of the template. */
  localRoutes: Record<string, LocalRoute>
  /** Answered to everybody and at once, without a place in line, and the body unread: `GET /health`. */
  instantRoutes?: Record<string, unknown>
  invoke: Invoke
  access: Access
  /** So many requests wait for a run at once (`Prefer: wait`); others are answered as if they had not asked to. */
  maxWaiting?: number
  /** 0 takes a free one. */
  port: number
  onError: (error: unknown) => void
  /** For a whole request to arrive. */
  requestTimeoutMs?: number
  arrivals?: Arrivals
  /** Requests of one function that are not answered yet, their bodies read or not; what comes then is answered 503. */
  maxInLine?: number
  /** What comes then is closed without an answer. */
  maxConnections?: number
}

/** Two cores answer some sixty a second: whoever came after so many would hear nothing within the five seconds that senders wait. */
const MAX_IN_LINE = 250

/** They are in nobody's way: each takes a connection, and a read now and then. */
const MAX_WAITING = 1_000

const IDLE_MS = 50

/** Far more than places in all lines, so that who is turned away there is answered. Each takes some 20 KB. */
const MAX_CONNECTIONS = 2_000

export interface Gateway {
  url: string
  /** Takes nothing new: what comes is answered 503. Resolves when what is in hand is answered, or cut off after `graceMs`. */
  close(graceMs?: number): Promise<void>
}

/** Serves routes over HTTP. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { access, port, requestTimeoutMs = 30_000, arrivals = createArrivals(), onError } = options
  const serving: Serving = {
    ...options,
    match: routeMatcher(options.routes),
    line: createAdmission(),
    isClosing: false,
  }
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 500,
  })
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS
  server.on('connection', () => arrivals.came())
  server.on('request', async (message, response) => {
    await arrivals.over
    answer(serving, message, response).catch((error: unknown) => {
      onError(error)
      writeMessage(response, 500, 'Internal Server Error')
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, access.address, resolve))
  // As long as the server listens on a port, its address is not a string.
  const address = server.address() as AddressInfo
  const shown = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `http://${shown}:${address.port}`,
    close: (graceMs = 0) =>
      new Promise((resolve) => {
        serving.isClosing = true
        const cut = setTimeout(() => server.closeAllConnections(), graceMs)
        // Those that are kept alive end as soon as nothing is asked on them any more.
        const idle = setInterval(() => server.closeIdleConnections(), IDLE_MS)
        server.close(() => {
          clearTimeout(cut)
          clearInterval(idle)
          resolve()
        })
      }),
  }
}

type Serving = GatewayOptions & { match: ReturnType<typeof routeMatcher>; line: Admission; isClosing: boolean }

/** A request in line, and its answer. */
type Exchange = {
  message: IncomingMessage
  response: ServerResponse
  place: Admitted
  waits: boolean
  shouldKeepAlive: boolean
}

async function answer(options: Serving, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { match } = options
  // Until its body is read: whoever is answered before is not listened to any longer.
  const { shouldKeepAlive } = response
  if (!isDropped(message)) response.shouldKeepAlive = false
  const { method = '', url = '/' } = message
  const [path = '/'] = url.split('?')
  const name = `${method} ${path}`
  if (options.isClosing) {
    response.shouldKeepAlive = false
    return writeProblem(response, STOPPING, { 'retry-after': '5' })
  }
  const instant = options.instantRoutes?.[name]
  if (instant !== undefined) return writeJson(response, 200, instant)
  const local = options.localRoutes[name]
  const found = local ? undefined : attempt(() => match(method, path))
  if (found === 'malformed') return writeMessage(response, 400, 'Bad Request')
  const isOpen = found?.route.authorization === 'NONE'
  const denial = isOpen ? undefined : denialOf(options.access, message)
  if (denial) return writeProblem(response, denial, denial.status === 401 ? CHALLENGE : {})
  if (!local && !found) return writeMessage(response, 404, 'Not Found')
  // Who bears it is known; no function needs to.
  if (!isOpen) delete message.headersDistinct.authorization
  // Before anything of the body is read: who only begins to send counts, too.
  const { place, waits } = enter(options, found?.route.function ?? name, message)
  if (!place) return writeProblem(response, TOO_MANY, { 'retry-after': '5' })
  const exchange = { message, response, place, waits, shouldKeepAlive }
  try {
    await (local ? answerLocally(local, exchange) : found && answerByFunction(options, found, exchange))
  } finally {
    place.leave()
  }
}

/** What waits for a run stands in a line of its own, so that it is in nobody's way. */
function enter(
  { line, maxInLine = MAX_IN_LINE, maxWaiting = MAX_WAITING }: Serving,
  name: string,
  { headersDistinct }: IncomingMessage,
): { place: Admitted | undefined; waits: boolean } {
  if (/\bwait\b/i.test(String(headersDistinct.prefer))) {
    const place = line.enter(`${name}, waiting`, maxWaiting)
    if (place) return { place, waits: true }
    // Not all who come wait: it is answered as if it had not asked to.
    delete headersDistinct.prefer
  }
  return { place: line.enter(name, maxInLine), waits: false }
}

const STOPPING = {
  status: 503,
  title: 'Not at this moment',
  detail: 'This instance is stopping. Nothing was done: send it again',
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="steadyhand"' }

const TOO_MANY = { status: 503, title: 'Too many at once', detail: 'Send it again: nothing was done' }

async function answerLocally(local: LocalRoute, exchange: Exchange): Promise<void> {
  const body = await bodyOf(exchange, MAX_WEBHOOK_BYTES)
  if (!body) return
  const { statusCode, body: json } = await local(body.toString())
  writeJson(exchange.response, statusCode, json)
}

async function answerByFunction(serving: Serving, found: RouteMatch, exchange: Exchange): Promise<void> {
  const event = await eventOf(serving, found, exchange)
  if (!event) return
  const { response, waits } = exchange
  const { route } = found
  const timer = setTimeout(() => writeMessage(response, 503, 'Service Unavailable'), route.timeoutMs)
  try {
    const result = await serving.invoke(route.function, event, waits)
    if (!response.headersSent) writeFunctionResponse(response, result)
  } catch (error) {
    serving.onError(error)
    writeMessage(response, 500, 'Internal Server Error')
  } finally {
    clearTimeout(timer)
  }
}

/** The bytes of the body are kept no longer than this takes: their text is in the event. @returns undefined as {@link bodyOf} */
async function eventOf(
  { access: { token } }: Serving,
  { route, params }: RouteMatch,
  exchange: Exchange,
): Promise<object | undefined> {
  // A webhook that is larger than it may be is refused by its function, once it is proven: its signature is of the whole.
  const body = await bodyOf(exchange, route.authorization === 'NONE' ? MAX_PAYLOAD_BYTES : MAX_BODY_BYTES)
  if (!body) return undefined
  const { message } = exchange
  const [path = '/', ...rest] = (message.url ?? '/').split('?')
  const user = token === undefined ? 'local' : 'bearer'
  return httpEvent(route, { message, path, query: rest.join('?'), body, user }, params, new Date())
}

/** @returns undefined where it is not read, and that is answered */
async function bodyOf(
  { message, response, place, shouldKeepAlive }: Exchange,
  most: number,
): Promise<Buffer | undefined> {
  const body = await readBody(message, most, place)
  if (typeof body !== 'string') {
    response.shouldKeepAlive = shouldKeepAlive
    return body
  }
  if (body === 'no room') writeProblem(response, TOO_MANY, { 'retry-after': '5' })
  if (body === 'too large') {
    writeFunctionResponse(response, problemResponse(new BodyError(413, `the body has more than ${most} bytes`)))
  }
  if (body === 'over quota') writeMessage(response, 413, 'Request Entity Too Large')
  return undefined
}

function attempt<T>(work: () => T): T | 'malformed' {
  try {
    return work()
  } catch {
    return 'malformed'
  }
}
