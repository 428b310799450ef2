import type { AddressInfo } from 'node:net'
import { createAdmission } from './admission.ts'
import { answerRequest, type Serving } from './answer-request.ts'
import { type Arrivals, createArrivals } from './arrivals.ts'
import { BROKEN, writeProblem } from './own-problem.ts'
import { type GatewayRoute, routeMatcher } from './route-match.ts'

// A static import would load all of `node:http`, the WebSocket client too: 16 MB and 45 ms.
const { createServer } = process.getBuiltinModule('node:http')

export interface GatewayOptions extends Omit<Serving, 'match' | 'admission' | 'isClosing'> {
  routes: GatewayRoute[]
  /** 0 takes a free one. */
  port: number
  /** For a whole request to arrive. */
  requestTimeoutMs?: number
  arrivals?: Arrivals
  /** Further connections are closed without an answer. */
  maxConnections?: number
}

/** How often connections are closed that were kept alive. */
const IDLE_MS = 50

/** Far more than all lines admit, so that requests turned away there are answered. A connection takes some 20 KB. */
const MAX_CONNECTIONS = 2_000

export interface Gateway {
  url: string
  /** Answers new requests 503. Resolves when the open ones are answered, or cut off after `graceMs`. */
  close(graceMs?: number): Promise<void>
}

/** Serves routes over HTTP. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { access, port, requestTimeoutMs = 30_000, arrivals = createArrivals(), onError } = options
  const match = routeMatcher(options.routes)
  const serving: Serving = { ...options, match, admission: createAdmission(), isClosing: false }
  const server = createServer({
    requestTimeout: requestTimeoutMs,
    headersTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 500,
  })
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS
  server.on('connection', () => arrivals.came())
  server.on('request', async (message, response) => {
    await arrivals.over
    answerRequest(serving, message, response).catch((error: unknown) => {
      onError(error)
      writeProblem({ message, response, publicUrl: options.publicUrl }, BROKEN)
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, access.address, resolve))
  return {
    // The address of a server that listens on a port is no string.
    url: urlOf(server.address() as AddressInfo),
    close: (graceMs = 0) =>
      new Promise((resolve) => {
        serving.isClosing = true
        const cut = setTimeout(() => server.closeAllConnections(), graceMs)
        const idle = setInterval(() => server.closeIdleConnections(), IDLE_MS)
        server.close(() => {
          clearTimeout(cut)
          clearInterval(idle)
          resolve()
        })
      }),
  }
}

function urlOf({ family, address, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
