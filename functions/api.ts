import { randomUUID } from 'node:crypto'
import middy from '@middy/core'
import httpRouter from '@middy/http-router'
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { defaultRegions, readConfig } from '../lib/aws/config.ts'
import { recordPorts } from '../lib/aws/record-ports.ts'
import { parseJson, rawBody } from '../lib/intake/body.ts'
import { accepted, callerOf, type HttpEvent, json, readListQuery } from '../lib/intake/http/http.ts'
import { listOperations } from '../lib/intake/http/operations.ts'
import { ConflictError, NotFoundError, problems } from '../lib/intake/http/problem.ts'
import { readRunRequest } from '../lib/intake/http/run-request.ts'
import { acceptAny } from '../lib/runs/accept.ts'
import { cancel, mayCancel } from '../lib/runs/cancel.ts'
import { LETTER_ID, letterViewOf } from '../lib/runs/dead-letter.ts'
import { listedViewOf, RUN_ID, type Run, viewOf } from '../lib/runs/run.ts'
import { sendBack } from '../lib/runs/send-back.ts'
import { isFinal } from '../lib/runs/states.ts'

const config = readConfig('api')
const ports = recordPorts(config)

const createRun = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
  const key = event.headers['idempotency-key']
  const request = readRunRequest(parseJson(rawBody(event)), key, callerOf(event), randomUUID())
  const answer = await acceptAny(ports, request, defaultRegions(config))
  const [run] = answer.runs
  if (run?.state === 'refused' && !answer.batchId) {
    throw new ConflictError(`${run.outcome?.summary}. To ask again takes a new Idempotency-Key`, run)
  }
  return accepted(answer)
}

/** The run that the path names, as `find` brings it. */
const named = async (event: HttpEvent, find: (id: string) => Promise<Run | undefined>): Promise<Run> => {
  const id = event.pathParameters?.id ?? ''
  const run = RUN_ID.test(id) ? await find(id) : undefined
  if (!run) throw new NotFoundError(`there is no run ${JSON.stringify(id.slice(0, 64))}`)
  return run
}

const getRun = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> =>
  json(200, viewOf(await named(event, ports.store.get)))

const cancelRun = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
  const run = await named(event, (id) => cancel(ports, id, callerOf(event)))
  if (run.state === 'cancelled') return json(200, viewOf(run))
  if (mayCancel(run)) throw new ConflictError('others change the run at this moment: ask again', run)
  const why = isFinal(run.state) ? `it has ended as ${run.state}` : 'it was sent, and is followed to its end'
  throw new ConflictError(`too late to cancel: ${why}`, run)
}

const listRuns = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
  const { runs, cursor } = await ports.store.list(readListQuery(event.queryStringParameters))
  return json(200, { runs: runs.map(listedViewOf), ...(cursor ? { cursor } : {}) })
}

const resendLetter = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
  const id = event.pathParameters?.id ?? ''
  const letter = LETTER_ID.test(id) ? await sendBack(ports, id, callerOf(event)) : undefined
  if (!letter)
    throw new NotFoundError(`there is no letter ${JSON.stringify(id.slice(0, 64))}; they are kept for 90 days`)
  return json(202, letterViewOf(letter))
}

const router = httpRouter<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
  routes: [
    { method: 'POST', path: '/runs', handler: createRun },
    { method: 'GET', path: '/runs', handler: listRuns },
    { method: 'GET', path: '/runs/{id}', handler: getRun },
    { method: 'POST', path: '/runs/{id}/cancel', handler: cancelRun },
    { method: 'POST', path: '/letters/{id}/resend', handler: resendLetter },
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
