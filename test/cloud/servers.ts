import { createServer as createHttpServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** A request as it arrived. */
export interface Arrived {
  method: string
  /** Path and query as on the wire. */
  target: string
  headers: IncomingHttpHeaders
  body: Buffer
  socket: Socket
  atMs: number
}

/** @param count of requests so far, this one included */
export type Behaviour = (response: ServerResponse, arrived: Arrived, count: number) => unknown

export interface TestServer {
  origin: string
  /** In the order in which they came. */
  arrived: Arrived[]
  /** All connections, with or without a request. */
  sockets: Socket[]
}

/** An HTTP server on its own port, which closes with the test. */
export async function httpServer(does: Behaviour): Promise<TestServer> {
  const arrived: Arrived[] = []
  const server = createHttpServer(async (request, response) => {
    const { method = '', url: target = '', headers, socket } = request
    // A broken request counts, too.
    const body = await buffer(request).catch(() => Buffer.alloc(0))
    const count = arrived.push({ method, target, headers, body, socket, atMs: Date.now() })
    does(response, { method, target, headers, body, socket, atMs: Date.now() }, count)
  })
  const sockets: Socket[] = []
  server.on('connection', (socket) => sockets.push(socket))
  return { origin: await listening(server), arrived, sockets }
}

/** A TCP server without HTTP: the handler does everything. */
export async function tcpServer(does: (socket: Socket) => unknown): Promise<{ origin: string; sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createTcpServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    does(socket)
  })
  return { origin: await listening(server), sockets }
}

/** An origin where nobody listens. */
export async function closedOrigin(): Promise<string> {
  const server = createTcpServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = originOf(server)
  await new Promise((resolve) => server.close(resolve))
  return origin
}

async function listening(server: Server): Promise<string> {
  const open = new Set<Socket>()
  server.on('connection', (socket) => open.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of open) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return originOf(server)
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}` // listening on TCP
}

/** Answers with a status, a body and headers. */
export const answers =
  (status: number, body: string, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    response.writeHead(status, headers).end(body)

/** Answers the first requests in their order, and all others as the last. */
export const inTurn =
  (...behaviours: Behaviour[]): Behaviour =>
  (response, arrived, count) =>
    behaviours[Math.min(count, behaviours.length) - 1]?.(response, arrived, count)
