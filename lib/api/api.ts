import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { listDeadLetters, resendDeadLetter } from './dead-letters.ts'
import { type DeliveryPorts, getDelivery, listDeliveries } from './deliveries.ts'
import { NotFoundError } from './errors.ts'
import { HEALTH } from './health.ts'
import { type HttpHandler, type HttpResult, jsonResult } from './http.ts'
import { clearLimit, showLimits } from './limits.ts'
import { openApi } from './openapi.ts'
import { listOperations } from './operations.ts'
import { answeringProblems } from './problem.ts'
import type { ApiOperationId } from './route.ts'
import { API_ROUTES } from './routes.ts'
import { cancelRun, createRun, getRun, listRuns, type RoutePorts } from './runs.ts'

type ApiPorts = RoutePorts & DeliveryPorts

type Handle = (ports: ApiPorts, event: APIGatewayProxyEventV2, context: Context) => Promise<HttpResult>

const HANDLERS: Record<ApiOperationId, Handle> = {
  createRun,
  listRuns,
  getRun,
  cancelRun,
  listDeadLetters,
  resendDeadLetter,
  listDeliveries,
  getDelivery,
  showLimits,
  clearLimit,
  clearRuleLimit: clearLimit,
  listOperations: async () => jsonResult(200, { operations: listOperations() }),
  getOpenApi: async () => jsonResult(200, openApi()),
  getHealth: async () => jsonResult(200, HEALTH),
}

/** Handlers by the gateway's `routeKey`. The gateway leaves the body out of an answer to HEAD. */
const BY_ROUTE: ReadonlyMap<string, Handle> = new Map(
  API_ROUTES.flatMap(({ method, path, operationId }) =>
    (method === 'GET' ? ['GET', 'HEAD'] : [method]).map((one) => [`${one} ${path}`, HANDLERS[operationId]] as const),
  ),
)

/** The HTTP API of runs, limits, dead letters, deliveries and the catalogue. */
export function apiHandler(ports: ApiPorts): HttpHandler {
  const answer: HttpHandler = async (event, context) => {
    const handle = BY_ROUTE.get(event.routeKey)
    if (!handle) throw new NotFoundError(`there is no ${event.routeKey}`)
    return handle(ports, event, context)
  }
  return answeringProblems(answer, (error) => ports.log('error', 'api failed', { error: String(error) }))
}
