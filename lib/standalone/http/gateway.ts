import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Invoke } from '../lambda/functions.ts'
import type { Route } from '../template/model.ts'
import { httpEvent } from './http-event.ts'
import { writeFunctionResponse, writeJson, writeMessage } from './http-response.ts'
import { type RouteMatch, routeMatcher } from './route-match.ts'

/** Answers a request of this machine only, such as `POST /events`, from the text of its body. */
export type LocalRoute = (body: string) => LocalAnswer | Promise<LocalAnswer>

type LocalAnswer = { statusCode: number; body: unknown }

export type GatewayOptions = {
  routes: Route[]
  /** By method and path: `POST /events`. They go before the routes of the template. */
  localRoutes: Record<string, LocalRoute>
  invoke: Invoke
  host: string
  /** 0 takes a free one. */
  port: number
  onError: (error: unknown) => void
  /** For a whole request to arrive. */
  requestTimeoutMs?: number
}

// The payload quota of an HTTP API. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
const MAX_BODY_BYTES = 10 * 1024 * 1024

/** Serves the routes of the template over HTTP. */
export async function startGateway(options: GatewayOptions): Promise<{ url: string; close(): Promise<void> }> {
  const { host, port, requestTimeoutMs = 30_000, onError } = options
  const match = routeMatcher(options.routes)
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 500,
  })
  server.on('request', (message, response) => {
    answer(options, match, message, response).catch((error: unknown) => {
      onError(error)
      writeMessage(response, 500, 'Internal Server Error')
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
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

async function answer(
  options: GatewayOptions,
  match: ReturnType<typeof routeMatcher>,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', url = '/', headers } = message
  const [path = '/', ...rest] = url.split('?')
  const local = options.localRoutes[`${method} ${path}`]
  const found = local ? undefined : attempt(() => match(method, path))
  if (found === 'malformed') return writeMessage(response, 400, 'Bad Request')
  if (!local && !found) return writeMessage(response, 404, 'Not Found')
  // A browser says where a page comes from, and cannot sign: no web page may act as the local user.
  if (headers.origin !== undefined && found?.route.authorization !== 'NONE')
    return writeMessage(response, 403, 'Forbidden')
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
  if (found) await invokeRoute(options, found, { message, path, query: rest.join('?'), body }, response)
}

async function invokeRoute(
  { invoke, onError }: GatewayOptions,
  { route, params }: RouteMatch,
  request: Parameters<typeof httpEvent>[1],
  response: ServerResponse,
): Promise<void> {
  const timer = setTimeout(() => writeMessage(response, 503, 'Service Unavailable'), route.timeoutMs)
  try {
    const result = await invoke(route.function, httpEvent(route, request, params, new Date()))
    if (!response.headersSent) writeFunctionResponse(response, result)
  } catch (error) {
    onError(error)
    writeMessage(response, 500, 'Internal Server Error')
  } finally {
    clearTimeout(timer)
  }
}

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
