import type { Context } from 'aws-lambda'
import { acceptAny, unlessAccepted } from '../../runs/accept/accept.ts'
import type { BatchRequest, RunRequest } from '../../runs/accept/draft.ts'
import { plan } from '../../runs/plan/plan.ts'
import type { Run } from '../../runs/run.ts'
import { callerOf, identityOf, keyScopeOf } from '../caller.ts'
import { deprecated } from '../http/deprecated.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from '../http/http.ts'
import { readJson } from '../http/read-json.ts'
import { CreateRunQuery, NoQuery } from '../parameters.ts'
import { ConflictError } from '../problems/errors.ts'
import { acceptedRun, runAddress, runAnswer } from './answer.ts'
import { acceptedBatch } from './batches.ts'
import type { RoutePorts } from './ports.ts'
import { type BodyForm, readRequest } from './run-request.ts'
import { hasEnded, waitFor } from './wait.ts'

/** The routes that take requests: runs, batches, and the plans of both. */

/** `POST /runs`. The forms of 0.x, with `targets` or `?dryRun=true`, answer for one release. */
export async function createRun(ports: RoutePorts, event: HttpEvent, context: Context): Promise<HttpResult> {
  const { dryRun } = readQuery(CreateRunQuery, event.queryStringParameters)
  const request = await requestIn(ports, event, 'either')
  if (dryRun)
    return deprecated(await showPlans(ports, request, context), 'targets' in request ? 'batch-plans' : 'plans')
  if ('targets' in request) return deprecated(withOldName(await acceptMany(ports, event, request)), 'batches')
  return acceptOne(ports, { event, context }, request)
}

/** `POST /batches`. */
export async function createBatch(ports: RoutePorts, event: HttpEvent): Promise<HttpResult> {
  readQuery(NoQuery, event.queryStringParameters)
  return acceptMany(ports, event, await requestIn(ports, event, 'targets'))
}

/** `POST /plans`. */
export async function createPlan(ports: RoutePorts, event: HttpEvent, context: Context): Promise<HttpResult> {
  readQuery(NoQuery, event.queryStringParameters)
  return showPlans(ports, await requestIn(ports, event, 'target'), context)
}

/** `POST /batch-plans`. */
export async function createBatchPlan(ports: RoutePorts, event: HttpEvent, context: Context): Promise<HttpResult> {
  readQuery(NoQuery, event.queryStringParameters)
  return showPlans(ports, await requestIn(ports, event, 'targets'), context)
}

/** The request in a body, with the limits that the rules of today give it. */
async function requestIn<Form extends BodyForm>(ports: RoutePorts, event: HttpEvent, form: Form) {
  const read = readRequest(await readJson(event, WANTED[form]), form, {
    keyHeader: event.headers['idempotency-key'],
    traceparent: event.headers.traceparent,
    caller: { name: callerOf(event), scope: keyScopeOf(event) },
    freshKey: ports.freshKey(),
  })
  const allow = () => ports.allow(read, identityOf(event))
  return (await unlessAccepted(ports, { request: read, regions: ports.regions }, allow)) ?? read
}

const WANTED: Record<BodyForm, string> = {
  target: '{operation, target}',
  targets: '{operation, targets}',
  either: '{operation, target}',
}

async function acceptOne(
  ports: RoutePorts,
  { event, context }: { event: HttpEvent; context: Context },
  request: RunRequest,
): Promise<HttpResult> {
  const answer = await acceptAny(ports, request, ports.regions)
  const [first] = answer.runs
  if (!first) throw new Error('an accepted request has no run')
  const { prefer } = event.headers
  const { run, headers: waited } = await waitFor(ports, first, { isWanted: hasEnded, prefer, context })
  if (run.state === 'refused') throw refusal(run)
  const headers = { ...replayedHeader(answer), ...waited }
  const wasWaitedFor = waited['preference-applied'] !== undefined
  if (wasWaitedFor && hasEnded(run)) {
    return runAnswer({ ports, event }, run, { 'content-location': runAddress(run), ...headers })
  }
  return acceptedRun({ ports, event }, run, headers)
}

function refusal(run: Run): ConflictError {
  const type = run.outcome?.holder ? 'target-held' : 'limit-used-up'
  return new ConflictError(type, `${run.outcome?.summary}. A new request needs a new Idempotency-Key`, run)
}

async function acceptMany(ports: RoutePorts, event: HttpEvent, request: BatchRequest): Promise<HttpResult> {
  const answer = await acceptAny(ports, request, ports.regions)
  return acceptedBatch({ ports, event }, answer.runs, replayedHeader(answer))
}

/** The batch with the name that its id had in 0.x. */
function withOldName(result: HttpResult): HttpResult {
  const batch = JSON.parse(result.body ?? '{}')
  return { ...result, body: JSON.stringify({ ...batch, batchId: batch.id }) }
}

/** Reserved of the function's time for the answer. */
const PLAN_MARGIN_MS = 5_000

async function showPlans(ports: RoutePorts, request: RunRequest | BatchRequest, context: Context): Promise<HttpResult> {
  const deadlineAtMs = ports.clock() + context.getRemainingTimeInMillis() - PLAN_MARGIN_MS
  const plans = await plan(ports, request, { regions: ports.regions, deadlineAtMs })
  return jsonResult(200, 'targets' in request ? { plans } : plans[0])
}

/** As in the IETF draft of the Idempotency-Key header. */
function replayedHeader({ isRepeat }: { isRepeat: boolean }): Record<string, string> {
  return isRepeat ? { 'idempotency-replayed': 'true' } : {}
}
