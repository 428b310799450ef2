import { inParallel, throwFailures } from '../../basics/parallel.ts'
import { warningsFor } from '../../runs/lease/used-up.ts'
import type { Run } from '../../runs/run.ts'
import type { RunDetails, RunView } from '../../runs/run-view.ts'
import { isFinal } from '../../runs/states.ts'
import { viewOf } from '../../runs/view-of.ts'
import { baseOf } from '../http/base.ts'
import { etagOf } from '../http/etag.ts'
import { type HttpEvent, type HttpResult, jsonResult } from '../http/http.ts'
import { detailsOf, expectedEnd } from './details.ts'
import type { RoutePorts } from './ports.ts'

/** Answers that show runs. Addresses in headers are relative, so that they hold behind a proxy that adds a path. */

/** A request, and the ports that answer it. */
export interface Asked {
  ports: RoutePorts
  event: HttpEvent
}

/** The address of a run, from beside `/runs` and `/batches`. */
export function runAddress({ id }: Pick<Run, 'id'>): string {
  return `runs/${id}`
}

/** One run with all that is known of it. */
export async function runAnswer(asked: Asked, run: Run, headers: Record<string, string> = {}): Promise<HttpResult> {
  const details = await detailsOf(asked.ports, run)
  return jsonResult(200, wholeView(asked, run, details), {
    ...{ etag: etagOf(run, details), ...retryAfter(asked.ports, run) },
    ...headers,
  })
}

/** A run that was accepted, now or under an earlier request with its key. */
export async function acceptedRun(asked: Asked, run: Run, headers: Record<string, string> = {}): Promise<HttpResult> {
  const { ports } = asked
  const [details, warnings] = await Promise.all([
    detailsOf(ports, run, { isNew: run.version === 1 }),
    warningsFor(ports, run),
  ])
  return jsonResult(202, wholeView(asked, run, { ...details, ...warnings }), {
    ...{ etag: etagOf(run, details), location: runAddress(run), ...retryAfter(ports, run) },
    ...headers,
  })
}

function wholeView(asked: Asked, run: Run, details: RunDetails): RunView {
  const view = viewOf(run)
  const baseline = run.baseline === undefined ? {} : { baseline: run.baseline }
  return { ...view, ...details, evidence: { ...view.evidence, ...baseline }, links: linksOf(asked, run) }
}

function linksOf({ ports, event }: Asked, run: Run): RunView['links'] {
  const base = baseOf(event, ports.deployment.publicUrl)
  const batch = run.batchId === undefined ? {} : { batch: `${base}/batches/${run.batchId}` }
  const episode = run.episodeId === undefined ? {} : { episode: `${base}/episodes/${run.episodeId}` }
  return { self: `${base}/${runAddress(run)}`, ...batch, ...episode }
}

/** Runs in a list: without their timelines, verdicts and baselines, and what needs a read of its own. */
export async function listedRuns(asked: Asked, runs: readonly Run[]): Promise<RunView[]> {
  const listed = async (run: Run): Promise<RunView> => {
    const { timeline, verdicts, ...view } = viewOf(run)
    return { ...view, ...(await expectedEnd(asked.ports, run)), links: linksOf(asked, run) }
  }
  const { values, failures } = await inParallel(runs, listed)
  throwFailures(failures)
  return values
}

/** Clients that ask more often see nothing new; those that ask less often see an end late. */
const RETRY_SECONDS = { min: 1, max: 30 }

/** When the next change of a live run is to be expected. */
function retryAfter({ clock }: RoutePorts, run: Run): Record<string, string> {
  if (isFinal(run.state)) return {}
  const seconds = Math.ceil((Date.parse(run.nextAt) - clock()) / 1000)
  return { 'retry-after': String(Math.min(RETRY_SECONDS.max, Math.max(RETRY_SECONDS.min, seconds))) }
}
