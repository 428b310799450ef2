import middy from '@middy/core'
import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { type DeliveryPorts, getDelivery, listDeliveries } from './deliveries.ts'
import { NotFoundError } from './errors.ts'
import { HEALTH } from './health.ts'
import { type HttpHandler, type HttpResult, json } from './http.ts'
import { listLetters, resendLetter } from './letters.ts'
import { clearLimit, showLimits } from './limits.ts'
import { openApi } from './openapi.ts'
import { listOperations } from './operations.ts'
import { problems } from './problem.ts'
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
  listLetters,
  resendLetter,
  listDeliveries,
  getDelivery,
  showLimits,
  clearLimit,
  clearRuleLimit: clearLimit,
  listOperations: async () => json(200, { operations: listOperations() }),
  getOpenApi: async () => json(200, openApi()),
  getHealth: async () => json(200, HEALTH),
}

/** HTTP: asks for runs, shows them, shows what can be asked for. */
export function apiHandler(ports: ApiPorts): HttpHandler {
  const router = httpRouter<APIGatewayProxyEventV2, HttpResult>({
    routes: API_ROUTES.flatMap(({ method, path, operationId }) => {
      const handler = (event: APIGatewayProxyEventV2, context: Context) => HANDLERS[operationId](ports, event, context)
      // The gateway leaves the body out of an answer to HEAD.
      const methods = method === 'GET' ? (['GET', 'HEAD'] as const) : [method]
      return methods.map((one) => ({ method: one, path, handler }))
    }),
    notFoundResponse: ({ method, path }) => {
      throw new NotFoundError(`there is no ${method} ${path}`)
    },
  })
  return middy(router).use(problems((error) => ports.log('error', 'api failed', { error: String(error) })))
}
