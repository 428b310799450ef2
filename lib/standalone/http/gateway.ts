import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Invoke } from '../lambda/functions.ts'
import type { Route } from '../template/model.ts'
import { type Access, denialOf } from './access.ts'
import { httpEvent } from './http-event.ts'
import { writeFunctionResponse, writeJson, writeMessage, writeProblem } from './http-response.ts'
import { createLine, type Line } from './line.ts'
import { type RouteMatch, routeMatcher } from './route-match.ts'
import { withWaiters } from './waiters.ts'

/** Answers a request of this machine only, such as `POST /events`, from the text of its body. */
export type LocalRoute = (body: string) => LocalAnswer | Promise<LocalAnswer>

type LocalAnswer = { statusCode: number; body: unknown }

export type GatewayOptions = {
  routes: Route[]
  /** By method and path: `POST /events`. They go before the routes of the template. */
  localRoutes: Record<string, LocalRoute>
  invoke: Invoke
  access: Access
  /** For requests that may wait for a run, and how many of them at once; else they do not wait. */
  waiting?: { invoke: Invoke; atMost: number }
  /** 0 takes a free one. */
  port: number
  onError: (error: unknown) => void
  /** For a whole request to arrive. */
  requestTimeoutMs?: number
  /** Requests of one function that are not answered yet; what comes then is answered 503. */
  maxInLine?: number
}

/** Two cores answer some sixty a second: whoever came after so many would hear nothing within the five seconds that senders wait. */
const MAX_IN_LINE = 250

// The payload quota of an HTTP API. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const MAX_BODY_BYTES = 10 * 1024 * 1024

/** Serves the routes of the template over HTTP. */
export async function startGateway(options: GatewayOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { access, port, requestTimeoutMs = 30_000, onError } = options
  const { invoke, waiting = { invoke, atMost: 0 } } = options
  const invokeFor = withWaiters(invoke, waiting.invoke, waiting.atMost)
  const match = routeMatcher(options.routes)
  const line = createLine(options.maxInLine ?? MAX_IN_LINE)
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 500,
  })
  server.on('request', (message, response) => {
    answer({ ...options, invokeFor, line }, match, message, response).catch((error: unknown) => {
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type Serving = GatewayOptions & { invokeFor: ReturnType<typeof withWaiters>; line: Line }

async function answer(
  options: Serving,
  match: ReturnType<typeof routeMatcher>,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '/' } = message
  const [path = '/', ...rest] = url.split('?')
  const local = options.localRoutes[`${method} ${path}`]
  const found = local ? undefined : attempt(() => match(method, path))
  if (found === 'malformed') return writeMessage(response, 400, 'Bad Request')
  const isOpen = found?.route.authorization === 'NONE'
  const denial = isOpen ? undefined : denialOf(options.access, message)
  if (denial) return writeProblem(response, denial, denial.status === 401 ? CHALLENGE : {})
  if (!local && !found) return writeMessage(response, 404, 'Not Found')
  // Who bears it is known; no function needs to.
  if (!isOpen) delete message.headersDistinct.authorization
  const body = await readBody(message)
  if (body === 'too large') {
    response.setHeader('connection', 'close')
    return writeMessage(response, 413, 'Request Entity Too Large')
  }
  if (body === 'aborted') return
  if (local) {
    const { statusCode, body: json } = await local(body.toString())
    return writeJson(response, statusCode, json)
  }
  if (!found) return
  const user = options.access.token === undefined ? 'local' : 'bearer'
  await invokeRoute(options, found, { message, path, query: rest.join('?'), body, user }, response)
}

const CHALLENGE = { 'www-authenticate': 'Bearer realm="steadyhand"' }

async function invokeRoute(
  { invokeFor, line, onError }: Serving,
  { route, params }: RouteMatch,
  request: Parameters<typeof httpEvent>[1],
  response: ServerResponse,
): Promise<void> {
  const leave = line.enter(route.function)
  if (!leave) return writeProblem(response, TOO_MANY, { 'retry-after': '5' })
  const invoke = invokeFor(request.message.headersDistinct)
  const timer = setTimeout(() => writeMessage(response, 503, 'Service Unavailable'), route.timeoutMs)
  try {
    const result = await invoke(route.function, httpEvent(route, request, params, new Date()))
    if (!response.headersSent) writeFunctionResponse(response, result)
  } catch (error) {
    onError(error)
    writeMessage(response, 500, 'Internal Server Error')
  } finally {
    clearTimeout(timer)
    leave()
  }
}

const TOO_MANY = { status: 503, title: 'Too many at once', detail: 'Send it again: nothing was done' }

/** Never holds more than the limit: a longer body is refused by its declared length, or as soon as it goes over. */
function readBody(message: IncomingMessage): Promise<Buffer | 'too large' | 'aborted'> {
  return new Promise((resolve) => {
    if (Number(message.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return resolve('too large')
    const chunks: Buffer[] = []
    let size = 0
    message.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MAX_BODY_BYTES) return chunks.push(chunk)
      message.pause()
      return resolve('too large')
    })
    message.on('end', () => resolve(Buffer.concat(chunks)))
    message.on('error', () => resolve('aborted'))
  })
}

function attempt<T>(work: () => T): T | 'malformed' {
  try {
    return work()
  } catch {
    return 'malformed'
  }
}
