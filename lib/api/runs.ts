import type { Context } from 'aws-lambda'
import { parseStrictJson, rawBody } from '../http/body.ts'
import { acceptAny, unlessAccepted } from '../runs/accept/accept.ts'
import type { DefaultRegions } from '../runs/accept/check-request.ts'
import type { BatchRequest, RunRequest } from '../runs/accept/draft.ts'
import { cancel, mayCancel } from '../runs/cancel.ts'
import { warningsFor } from '../runs/lease/used-up.ts'
import { plan } from '../runs/plan/plan.ts'
import type { PlanPorts } from '../runs/plan/show-requests.ts'
import { RUN_ID, type Run } from '../runs/run.ts'
import { listedViewOf, viewOf } from '../runs/run-view.ts'
import { isFinal } from '../runs/states.ts'
import { SERVICES } from '../services/catalogue.ts'
import { callerOf, identityOf, keyScopeOf } from './caller.ts'
import { ConflictError, notFound, PreconditionError } from './errors.ts'
import { etagOf, isKnown, mayChange } from './etag.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from './http.ts'
import { CreateRunQuery, RunsQuery } from './parameters.ts'
import { readRunRequest } from './run-request.ts'
import { type WaitPorts, waitFor } from './wait.ts'

/** The ports of the routes for runs. */
export interface RoutePorts extends PlanPorts, Pick<WaitPorts, 'sleep' | 'isStopping'> {
  regions: DefaultRegions
  /**
   * The request with its limits, if the caller may ask for it.
   * @throws {NotAllowedError}
   */
  allow: <Request extends RunRequest | BatchRequest>(request: Request, who: string) => Request
  /** Makes an idempotency key for a request without one. */
  freshKey: () => string
}

/** `POST /runs`: accepts a request; with `?dryRun=true`, shows the plan instead. */
export async function createRun(ports: RoutePorts, event: HttpEvent, context: Context): Promise<HttpResult> {
  const { dryRun } = readQuery(CreateRunQuery, event.queryStringParameters)
  const read = readRunRequest(parseStrictJson(rawBody(event)), {
    keyHeader: event.headers['idempotency-key'],
    caller: { name: callerOf(event), scope: keyScopeOf(event) },
    freshKey: ports.freshKey(),
  })
  const allow = () => ports.allow(read, identityOf(event))
  const request = (await unlessAccepted(ports, { request: read, regions: ports.regions }, allow)) ?? read
  if (dryRun === 'true') return showPlan(ports, request, context)
  const answer = await acceptAny(ports, request, ports.regions)
  const [first] = answer.runs
  if (answer.batchId || !first) return acceptedAnswer(ports, answer)
  const { prefer } = event.headers
  const { run, headers } = await waitFor(ports, first, { isWanted: hasEnded, prefer, context })
  if (run.state === 'refused') {
    throw new ConflictError(`${run.outcome?.summary}. A new request needs a new Idempotency-Key`, run)
  }
  const wasWaitedFor = headers['preference-applied'] !== undefined
  const replayed = replayedHeader(answer)
  if (wasWaitedFor && hasEnded(run))
    return runAnswer(run, { 'content-location': `/runs/${run.id}`, ...replayed, ...headers })
  const response = await acceptedAnswer(ports, { ...answer, runs: [run] })
  return { ...response, headers: { ...response.headers, ...headers } }
}

/** Reserved of the function's time for the answer. */
const PLAN_MARGIN_MS = 5_000

async function showPlan(ports: RoutePorts, request: RunRequest | BatchRequest, context: Context): Promise<HttpResult> {
  const deadlineAtMs = ports.clock() + context.getRemainingTimeInMillis() - PLAN_MARGIN_MS
  const plans = await plan(ports, request, { regions: ports.regions, deadlineAtMs })
  return jsonResult(200, 'targets' in request ? { dryRun: true, plans } : plans[0])
}

function hasEnded({ state }: Run): boolean {
  return isFinal(state)
}

/** The run that the path names. */
async function findRun(event: HttpEvent, find: (id: string) => Promise<Run | undefined>): Promise<Run> {
  const id = event.pathParameters?.id ?? ''
  const run = RUN_ID.test(id) ? await find(id) : undefined
  if (!run) throw notFound('run', id)
  return run
}

/** `GET /runs/{id}`. */
export async function getRun(ports: RoutePorts, event: HttpEvent, context: Context): Promise<HttpResult> {
  const known = event.headers['if-none-match']
  // A run never changes after the notification of its end.
  const isNews = (run: Run): boolean => !isKnown(known, run) || run.notifiedAt !== undefined
  const first = await findRun(event, ports.store.get)
  const { prefer } = event.headers
  const { run, headers } = await waitFor(ports, first, { isWanted: known ? isNews : hasEnded, prefer, context })
  if (known && isKnown(known, run)) return { statusCode: 304, headers: { etag: etagOf(run), ...headers } }
  return runAnswer(run, headers)
}

/** `POST /runs/{id}/cancel`. */
export async function cancelRun(ports: RoutePorts, event: HttpEvent): Promise<HttpResult> {
  const ifMatch = event.headers['if-match']
  const check = (run: Run): void => {
    if (!mayChange(ifMatch, run)) throw new PreconditionError('the run is not in the version that If-Match names')
  }
  const run = await findRun(event, (id) => cancel(ports, id, { by: callerOf(event), check }))
  if (run.state === 'cancelled') return runAnswer(run, { 'content-location': `/runs/${run.id}` })
  if (mayCancel(run)) throw new ConflictError('other requests are changing the run: try again', run)
  const why = hasEnded(run) ? `it has ended as ${run.state}` : 'it was sent, and is followed to its end'
  throw new ConflictError(`too late to cancel: ${why}`, run)
}

/** `GET /runs`. */
export async function listRuns(ports: RoutePorts, event: HttpEvent): Promise<HttpResult> {
  const { target, ...filter } = readQuery(RunsQuery, event.queryStringParameters)
  const { runs, cursor } = await ports.store.list({
    ...filter,
    ...(target === undefined ? {} : { resource: resourcesOf(target) }),
  })
  return jsonResult(200, { runs: runs.map(listedViewOf), ...(cursor ? { cursor } : {}) })
}

/** One run, with the entity tag of its version. */
function runAnswer(run: Run, headers: Record<string, string> = {}): HttpResult {
  return jsonResult(200, viewOf(run), { etag: etagOf(run), ...headers })
}

/** An accepted run, or a run for each of many targets. */
async function acceptedAnswer(ports: RoutePorts, answer: Awaited<ReturnType<typeof acceptAny>>): Promise<HttpResult> {
  const { runs, batchId } = answer
  const warned = async <View>(run: Run, view: View) => ({ ...view, ...(await warningsFor(ports, run)) })
  const [run] = runs
  if (!batchId && run) {
    const headers = { etag: etagOf(run), location: `/runs/${run.id}`, 'retry-after': '5', ...replayedHeader(answer) }
    return jsonResult(202, await warned(run, viewOf(run)), headers)
  }
  const views = await Promise.all(runs.map((one) => warned(one, listedViewOf(one))))
  return jsonResult(202, { batchId, runs: views }, replayedHeader(answer))
}

/** As in the IETF draft of the Idempotency-Key header. */
function replayedHeader({ isRepeat }: { isRepeat: boolean }): Record<string, string> {
  return isRepeat ? { 'idempotency-replayed': 'true' } : {}
}

/** The resources that a `target` parameter may mean: the resource itself, or the resource of this id in each service. */
function resourcesOf(target: string): string[] {
  if (target.includes('/')) return [target]
  return SERVICES.map(({ service: { provider, name } }) => `${provider}/${name}/${target}`)
}
