import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import middy from '@middy/core'
import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { planPorts } from '../lib/aws/cloud-ports.ts'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { dynamoUnauthentic } from '../lib/aws/unauthentic.ts'
import { allowCaller } from '../lib/guard/allow.ts'
import { parseRules } from '../lib/guard/read-rules.ts'
import { type DeliveryPorts, getDelivery, listDeliveries } from '../lib/intake/http/deliveries.ts'
import { NotFoundError } from '../lib/intake/http/errors.ts'
import { HEALTH } from '../lib/intake/http/health.ts'
import { type HttpResult, json } from '../lib/intake/http/http.ts'
import { listLetters, resendLetter } from '../lib/intake/http/letters.ts'
import { clearLimit, showLimits } from '../lib/intake/http/limits.ts'
import { openApi } from '../lib/intake/http/openapi.ts'
import { listOperations } from '../lib/intake/http/operations.ts'
import { problems } from '../lib/intake/http/problem.ts'
import type { ApiOperationId } from '../lib/intake/http/route.ts'
import { API_ROUTES } from '../lib/intake/http/routes.ts'
import { cancelRun, createRun, getRun, listRuns, type RoutePorts } from '../lib/intake/http/runs.ts'

const config = readConfig('api')
const regions = defaultRegions(config)
const rules = parseRules(readFileSync(config.RULES_FILE, 'utf8'), config.RULES_FILE)
const ports: RoutePorts & DeliveryPorts = {
  ...planPorts(config),
  regions,
  allow: (request, who) => allowCaller(request, who, rules, regions),
  freshKey: randomUUID,
  sleep,
  listUnauthentic: dynamoUnauthentic(config.RUNS_TABLE).list,
}

type Handle = (
  ports: RoutePorts & DeliveryPorts,
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<HttpResult>

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

/** HTTP: asks for runs, shows them, shows what can be asked for. */
export const handler = middy(router).use(
  problems((error) => ports.log('error', 'api failed', { error: String(error) })),
)
