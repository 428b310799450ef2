import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { HEALTH } from '../api/health.ts'
import type { HttpHandler } from '../api/http/http.ts'
import { routesOf } from '../api/routes.ts'
import type { Clock, Log } from '../runs/ports.ts'
import type { Access } from './http/access.ts'
import type { LocalRoute } from './http/answer-request.ts'
import { type Gateway, startGateway } from './http/gateway.ts'
import type { GatewayRoute } from './http/route-match.ts'

export interface ServerOptions {
  access: Access
  publicUrl: string | undefined
  /** 0 takes a free one. */
  port: number
  api: HttpHandler
  webhooks: HttpHandler
  /** `POST /events`. */
  events: LocalRoute
  clock: Clock
  log: Log
}

/** The time-outs of the functions on AWS, and of the HTTP API in front of them. */
const TIMEOUTS_MS = { api: 29_000, webhooks: 15_000 }
const GATEWAY_MS = 30_000

/** Serves the API and the webhooks. */
export function startServer({
  access,
  publicUrl,
  port,
  events,
  clock,
  log,
  ...handlers
}: ServerOptions): Promise<Gateway> {
  return startGateway({
    ...{ access, publicUrl, port, routes: SERVED },
    localRoutes: { 'POST /events': events },
    // Health is answered even while all lines are full.
    instantRoutes: { 'GET /health': HEALTH, 'HEAD /health': HEALTH },
    invoke: (name, event) => {
      const handler = name as Handler // SERVED names no others
      const deadlineAtMs = clock() + TIMEOUTS_MS[handler]
      const context = { getRemainingTimeInMillis: () => deadlineAtMs - clock() } as Context // handlers read nothing else
      return handlers[handler](event as APIGatewayProxyEventV2, context) // the gateway makes no other events
    },
    onError: (error) => log('error', 'request failed', { error: String(error) }),
  })
}

type Handler = keyof typeof TIMEOUTS_MS

const SERVED: (GatewayRoute & { function: Handler })[] = [
  ...routesOf('one machine').flatMap(({ method, path, access }) =>
    (method === 'GET' ? ['GET', 'HEAD'] : [method]).map((one) => ({
      ...{ key: `${one} ${path}`, method: one, path, timeoutMs: GATEWAY_MS },
      function: path.startsWith('/webhooks/') ? ('webhooks' as const) : ('api' as const),
      authorization: access === 'open' ? ('NONE' as const) : ('AWS_IAM' as const),
    })),
  ),
  // As in `serverless.yml`: other methods and addresses are answered by the functions.
  { ...anyMethod('/webhooks/{source}'), function: 'webhooks', authorization: 'NONE' },
  { ...anyMethod('/{proxy+}'), key: '$default', function: 'api', authorization: 'AWS_IAM' },
]

function anyMethod(path: string): Pick<GatewayRoute, 'key' | 'method' | 'path' | 'timeoutMs'> {
  return { key: `ANY ${path}`, method: 'ANY', path, timeoutMs: GATEWAY_MS }
}
