import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { listDeadLetters, resendDeadLetter } from './dead-letters.ts'
import { type DeliveryPorts, getDelivery, listDeliveries, listUnauthenticDeliveries } from './deliveries.ts'
import { getHealth, getOpenApi, getOperations, getProblemType, getSchema } from './documents.ts'
import { getEpisode, listEpisodes } from './episodes.ts'
import { listGroups, resumeGroup } from './groups.ts'
import type { HttpHandler, HttpResult } from './http/http.ts'
import { clearLimit, showLimits } from './limits.ts'
import { createPause, deletePause, listPauses } from './pauses.ts'
import { answeringProblems } from './problems/answering.ts'
import { MethodError, NotFoundError } from './problems/errors.ts'
import { rationedLog } from './rationed-log.ts'
import type { ApiOperationId } from './route.ts'
import { API_ROUTES, allowOf, routePathOf, routesOf } from './routes.ts'
import { armRule, listRules } from './rules.ts'
import { getBatch } from './runs/batches.ts'
import { createBatch, createBatchPlan, createPlan, createRun } from './runs/create.ts'
import type { RoutePorts } from './runs/ports.ts'
import { cancelRun, getRun, listRuns } from './runs/read.ts'

type HandlerPorts = RoutePorts & DeliveryPorts

type Handle = (ports: HandlerPorts, event: APIGatewayProxyEventV2, context: Context) => Promise<HttpResult>

const HANDLERS: Record<ApiOperationId, Handle> = {
  ...{ createRun, listRuns, getRun, cancelRun, createBatch, getBatch, createPlan, createBatchPlan },
  ...{ listDeadLetters, resendDeadLetter, listDeliveries, getDelivery, listUnauthenticDeliveries },
  ...{ listRules, armRule, createPause, listPauses, deletePause },
  ...{ showLimits, clearLimit, clearRuleLimit: clearLimit },
  ...{ listEpisodes, getEpisode, listGroups, resumeGroup },
  ...{ listOperations: getOperations, getOpenApi, getProblemType, getSchema, getHealth },
}

/** Handlers by the gateway's `routeKey`. The gateway leaves the body out of an answer to HEAD. */
const BY_ROUTE: ReadonlyMap<string, Handle> = new Map(
  API_ROUTES.flatMap(({ method, path, operationId }) =>
    (method === 'GET' ? ['GET', 'HEAD'] : [method]).map((one) => [`${one} ${path}`, HANDLERS[operationId]] as const),
  ),
)

/** Routes of strangers, who can cause any number of lines. */
const OPEN = new Set(
  API_ROUTES.filter(({ access }) => access === 'open').flatMap(({ path }) => [`GET ${path}`, `HEAD ${path}`]),
)

/** The HTTP API of runs, episodes, limits, rules, pauses, dead letters, deliveries and the catalogue. */
export function apiHandler(ports: HandlerPorts): HttpHandler {
  const rationed = rationedLog(ports)
  const answer: HttpHandler = async (event, context) => {
    const handle = BY_ROUTE.get(event.routeKey)
    return handle ? handle(ports, event, context) : elsewhere(ports, event)
  }
  return answeringProblems(answer, {
    publicUrl: ports.deployment.publicUrl,
    onProblem: ({ status, instance, name, detail }, error, { routeKey = '' }) => {
      if (status >= 500) return ports.log('error', 'api failed', { instance, error: String(error) })
      const log = OPEN.has(routeKey) ? rationed : ports.log
      log('info', 'request refused', { instance, type: name, status, detail })
    },
  })
}

/** A request that no route takes: another method of an address, or no address at all. */
function elsewhere({ deployment: { home, publicUrl } }: RoutePorts, event: APIGatewayProxyEventV2): HttpResult {
  const { rawPath, requestContext } = event
  const { method } = requestContext.http
  const base = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/$/, '')
  const own = rawPath.startsWith(`${base}/`) ? rawPath.slice(base.length) : rawPath
  const routes = routesOf(home)
  const path = routePathOf(routes, own)
  const allow = path === undefined ? '' : allowOf(routes, path)
  if (method === 'OPTIONS' && allow) return { statusCode: 204, headers: { allow } }
  if (!allow || allow.split(', ').includes(method)) {
    throw new NotFoundError(`there is no ${method} ${rawPath.slice(0, 200)}`)
  }
  throw new MethodError(method, allow)
}
