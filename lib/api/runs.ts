import type { Context } from 'aws-lambda'
import { parseJson, rawBody } from '../http/body.ts'
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
import { type HttpEvent, type HttpResult, json, readQuery } from './http.ts'
import { CreateRunQuery, RunsQuery } from './parameters.ts'
import { readRunRequest } from './run-request.ts'
import { type WaitPorts, waitFor } from './wait.ts'

/** What the routes need of the world. */
export interface RoutePorts extends PlanPorts, Pick<WaitPorts, 'sleep' | 'isStopping'> {
  regions: DefaultRegions
  /**
   * Whether the caller may ask for it.
   * @returns the request, with the limits that it is under
   * @throws {NotAllowedError}
   */
  allow: <Request extends RunRequest | BatchRequest>(request: Request, who: string) => Request
  /** Stands in where a request brings no idempotency key. */
  freshKey: () => string
}

/** `POST /runs`: accepts a wish; with `?dryRun=true` says what would become of it. */
export async function createRun(ports: RoutePorts, event: HttpEvent, context: Context): Promise<HttpResult> {
  const { dryRun } = readQuery(CreateRunQuery, event.queryStringParameters)
  const key = event.headers['idempotency-key']
  const caller = { name: callerOf(event), scope: keyScopeOf(event) }
  const asked = readRunRequest(parseJson(rawBody(event)), key, caller, ports.freshKey())
  const allowed = () => ports.allow(asked, identityOf(event))
  const request = (await unlessAccepted(ports, { request: asked, regions: ports.regions }, allowed)) ?? asked
  if (dryRun === 'true') return showPlan(ports, request, context)
  const answer = await acceptAny(ports, request, ports.regions)
  const [first] = answer.runs
  if (answer.batchId || !first) return accepted(ports, answer)
  const { run, headers } = await waitFor(ports, first, hasEnded, event.headers.prefer, context)
  if (run.state === 'refused') {
    throw new ConflictError(`${run.outcome?.summary}. To ask again takes a new Idempotency-Key`, run)
  }
  const wasWaitedFor = headers['preference-applied'] !== undefined
  const replayed = replayedHeader(answer)
  if (wasWaitedFor && hasEnded(run))
    return shown(200, run, { 'content-location': `/runs/${run.id}`, ...replayed, ...headers })
  const response = await accepted(ports, { ...answer, runs: [run] })
  return { ...response, headers: { ...response.headers, ...headers } }
}

/** Kept back from the function's time-out, so that what was seen can be told. */
const PLAN_MARGIN_MS = 5_000

async function showPlan(ports: RoutePorts, request: RunRequest | BatchRequest, context: Context): Promise<HttpResult> {
  const deadlineAtMs = ports.clock() + context.getRemainingTimeInMillis() - PLAN_MARGIN_MS
  const plans = await plan(ports, request, { regions: ports.regions, deadlineAtMs })
  return json(200, 'targets' in request ? { dryRun: true, plans } : plans[0])
}

function hasEnded({ state }: Run): boolean {
  return isFinal(state)
}

/** The run that the path names, as `find` brings it. */
async function named(event: HttpEvent, find: (id: string) => Promise<Run | undefined>): Promise<Run> {
  const id = event.pathParameters?.id ?? ''
  const run = RUN_ID.test(id) ? await find(id) : undefined
  if (!run) throw notFound('run', id)
  return run
}

/** `GET /runs/{id}`. */
export async function getRun(ports: RoutePorts, event: HttpEvent, context: Context): Promise<HttpResult> {
  const known = event.headers['if-none-match']
  // Once it was told how it ended, nothing changes any more.
  const isNews = (run: Run): boolean => !isKnown(known, run) || run.notifiedAt !== undefined
  const first = await named(event, ports.store.get)
  const { run, headers } = await waitFor(ports, first, known ? isNews : hasEnded, event.headers.prefer, context)
  if (known && isKnown(known, run)) return { statusCode: 304, headers: { etag: etagOf(run), ...headers } }
  return shown(200, run, headers)
}

/** `POST /runs/{id}/cancel`. */
export async function cancelRun(ports: RoutePorts, event: HttpEvent): Promise<HttpResult> {
  const asSeen = event.headers['if-match']
  const check = (run: Run): void => {
    if (!mayChange(asSeen, run))
      throw new PreconditionError('it is not, or not any more, in the state that If-Match names')
  }
  const run = await named(event, (id) => cancel(ports, id, { by: callerOf(event), check }))
  if (run.state === 'cancelled') return shown(200, run, { 'content-location': `/runs/${run.id}` })
  if (mayCancel(run)) throw new ConflictError('others change the run at this moment: ask again', run)
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
  return json(200, { runs: runs.map(listedViewOf), ...(cursor ? { cursor } : {}) })
}

/** One run, with the tag of its version. */
function shown(statusCode: number, run: Run, headers: Record<string, string> = {}): HttpResult {
  return json(statusCode, viewOf(run), { etag: etagOf(run), ...headers })
}

/** What was accepted: a run, or a run each of many targets. */
async function accepted(ports: RoutePorts, answer: Awaited<ReturnType<typeof acceptAny>>): Promise<HttpResult> {
  const { runs, batchId } = answer
  const warned = async <View>(run: Run, view: View) => ({ ...view, ...(await warningsFor(ports, run)) })
  const [run] = runs
  if (!batchId && run) {
    const headers = { etag: etagOf(run), location: `/runs/${run.id}`, 'retry-after': '5', ...replayedHeader(answer) }
    return json(202, await warned(run, viewOf(run)), headers)
  }
  const views = await Promise.all(runs.map((one) => warned(one, listedViewOf(one))))
  return json(202, { batchId, runs: views }, replayedHeader(answer))
}

/** As the draft of the header Idempotency-Key has it. */
function replayedHeader({ isRepeat }: { isRepeat: boolean }): Record<string, string> {
  return isRepeat ? { 'idempotency-replayed': 'true' } : {}
}

/** The resources that a target may mean: itself, or the one of this id in each service. */
function resourcesOf(target: string): string[] {
  if (target.includes('/')) return [target]
  return SERVICES.map(({ service: { provider, name } }) => `${provider}/${name}/${target}`)
}
