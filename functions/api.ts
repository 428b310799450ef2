import { randomUUID } from 'node:crypto'
import middy from '@middy/core'
import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { parseJson, rawBody } from '../lib/intake/body.ts'
import { callerOf, type HttpEvent, json, readListQuery } from '../lib/intake/http.ts'
import { listOperations } from '../lib/intake/operations.ts'
import { NotFoundError, problems } from '../lib/intake/problem.ts'
import { readRunRequest } from '../lib/intake/run-request.ts'
import { accept } from '../lib/runs/accept.ts'
import { listedViewOf, RUN_ID, viewOf } from '../lib/runs/run.ts'

const config = readConfig('api')
const ports = recordPorts(config)

const createRun = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
  const key = event.headers['idempotency-key']
  const request = readRunRequest(parseJson(rawBody(event)), key, callerOf(event), randomUUID())
  const { run } = await accept(ports, request, defaultRegions(config))
  return json(202, viewOf(run), { location: `/runs/${run.id}`, 'retry-after': '5' })
}

const getRun = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
  const id = event.pathParameters?.id ?? ''
  const run = RUN_ID.test(id) ? await ports.store.get(id) : undefined
  if (!run) throw new NotFoundError(`there is no run ${JSON.stringify(id.slice(0, 64))}`)
  return json(200, viewOf(run))
}

const listRuns = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
  const { runs, cursor } = await ports.store.list(readListQuery(event.queryStringParameters))
  return json(200, { runs: runs.map(listedViewOf), ...(cursor ? { cursor } : {}) })
}

const router = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
  routes: [
    { method: 'POST', path: '/runs', handler: createRun },
    { method: 'GET', path: '/runs', handler: listRuns },
    { method: 'GET', path: '/runs/{id}', handler: getRun },
    { method: 'GET', path: '/operations', handler: async () => json(200, { operations: listOperations() }) },
    { method: 'GET', path: '/health', handler: async () => json(200, { status: 'ok' }) },
  ],
  notFoundResponse: ({ method, path }) => {
    throw new NotFoundError(`there is no ${method} ${path}`)
  },
})

/** HTTP: asks for runs, shows them, shows what can be asked for. */
export const handler = middy(router).use(
  problems((error) => ports.log('error', 'api failed', { error: String(error) })),
)
