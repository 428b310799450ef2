import type { Context } from 'aws-lambda'
import { cancel, mayCancel } from '../../runs/cancel.ts'
import { RUN_ID, type Run } from '../../runs/run.ts'
import { SERVICES } from '../../services/catalogue.ts'
import { callerOf } from '../caller.ts'
import { knowsVersion, mayChange, unlessKnown } from '../http/etag.ts'
import { type HttpEvent, type HttpResult, jsonResult, readQuery } from '../http/http.ts'
import { RunsQuery } from '../parameters.ts'
import { ConflictError, notFound, PreconditionError } from '../problems/errors.ts'
import { listedRuns, runAnswer } from './answer.ts'
import type { RoutePorts } from './ports.ts'
import { hasEnded, waitFor } from './wait.ts'

/** The run that the path names. */
async function findRun(event: HttpEvent, find: (id: string) => Promise<Run | undefined>): Promise<Run> {
  const id = event.pathParameters?.id ?? ''
  const run = RUN_ID.test(id) ? await find(id) : undefined
  if (!run) throw notFound('run', id, '; runs are kept for 90 days')
  return run
}

/** `GET /runs/{id}`. */
export async function getRun(ports: RoutePorts, event: HttpEvent, context: Context): Promise<HttpResult> {
  const known = event.headers['if-none-match']
  // A run never changes after the notification of its end.
  const isNews = (run: Run): boolean => !knowsVersion(known, run) || run.notifiedAt !== undefined
  const first = await findRun(event, ports.store.get)
  const { prefer } = event.headers
  const { run, headers } = await waitFor(ports, first, { isWanted: known ? isNews : hasEnded, prefer, context })
  return unlessKnown(known, await runAnswer({ ports, event }, run, headers))
}

/** `POST /runs/{id}/cancel`. */
export async function cancelRun(ports: RoutePorts, event: HttpEvent): Promise<HttpResult> {
  const ifMatch = event.headers['if-match']
  const check = (run: Run): void => {
    if (!mayChange(ifMatch, run)) throw new PreconditionError('the run is not in the version that If-Match names')
  }
  const run = await findRun(event, (id) => cancel(ports, id, { by: callerOf(event), check }))
  if (run.state === 'cancelled') return runAnswer({ ports, event }, run, { 'content-location': `../${run.id}` })
  if (mayCancel(run)) {
    throw new ConflictError('changed-meanwhile', 'other requests are changing the run: try again', run)
  }
  const why = hasEnded(run) ? `it has ended as ${run.state}` : 'it was sent, and is followed to its end'
  throw new ConflictError('too-late-to-cancel', `too late to cancel: ${why}`, run)
}

/** `GET /runs`. */
export async function listRuns(ports: RoutePorts, event: HttpEvent): Promise<HttpResult> {
  const { target, ...filter } = readQuery(RunsQuery, event.queryStringParameters)
  const { runs, cursor } = await ports.store.list({
    ...filter,
    ...(target === undefined ? {} : { resource: resourcesOf(target) }),
  })
  return jsonResult(200, { runs: await listedRuns({ ports, event }, runs), ...(cursor ? { cursor } : {}) })
}

/** The resources that a `target` parameter may mean: the resource itself, or the resource of this id in each service. */
function resourcesOf(target: string): string[] {
  if (target.includes('/')) return [target]
  return SERVICES.map(({ service: { provider, name } }) => `${provider}/${name}/${target}`)
}
