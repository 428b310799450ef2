import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { HEALTH } from '../api/health.ts'
import type { HttpHandler } from '../api/http.ts'
import { ROUTES } from '../api/routes.ts'
import type { Clock, Log } from '../runs/ports.ts'
import type { Access } from './http/access.ts'
import { type Gateway, type LocalRoute, startGateway } from './http/gateway.ts'
import type { GatewayRoute } from './http/route-match.ts'

export interface ServerOptions {
  access: Access
  /** 0 takes a free one. */
  port: number
  api: HttpHandler
  webhooks: HttpHandler
  /** `POST /events`. */
  events: LocalRoute
  clock: Clock
  log: Log
}

/** As the functions on AWS have, and the HTTP API before them. */
const TIMEOUTS_MS = { api: 29_000, webhooks: 15_000 }
const GATEWAY_MS = 30_000

/** Serves the API, and the webhooks. */
export function startServer({ access, port, events, clock, log, ...handlers }: ServerOptions): Promise<Gateway> {
  return startGateway({
    ...{ access, port, routes: SERVED },
    localRoutes: { 'POST /events': events },
    // Whether this process answers must be heard while all lines are full.
    instantRoutes: { 'GET /health': HEALTH, 'HEAD /health': HEALTH },
    invoke: (name, event) => {
      const who = name as Handler // as SERVED has them
      const untilMs = clock() + TIMEOUTS_MS[who]
      const context = { getRemainingTimeInMillis: () => untilMs - clock() } as Context // all that is read of one
      return handlers[who](event as APIGatewayProxyEventV2, context) // as the gateway makes them
    },
    onError: (error) => log('error', 'request failed', { error: String(error) }),
  })
}

type Handler = keyof typeof TIMEOUTS_MS

const SERVED: (GatewayRoute & { function: Handler })[] = ROUTES.flatMap(({ method, path, access }) =>
  (method === 'GET' ? ['GET', 'HEAD'] : [method]).map((one) => ({
    ...{ key: `${one} ${path}`, method: one, path, timeoutMs: GATEWAY_MS },
    function: path.startsWith('/webhooks/') ? 'webhooks' : 'api',
    authorization: access === 'open' ? 'NONE' : 'AWS_IAM',
  })),
)
