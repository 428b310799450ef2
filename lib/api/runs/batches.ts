import * as z from 'zod'
import { warningsFor } from '../../runs/lease/used-up.ts'
import { BATCH_ID, type Run } from '../../runs/run.ts'
import { RunView } from '../../runs/run-view.ts'
import { plusMs } from '../../runs/schedule.ts'
import { isFinal } from '../../runs/states.ts'
import { baseOf } from '../http/base.ts'
import { type HttpEvent, type HttpResult, jsonResult } from '../http/http.ts'
import { notFound } from '../problems/errors.ts'
import { type Asked, listedRuns } from './answer.ts'
import type { RoutePorts } from './ports.ts'

/** A request for many targets, and its runs. */
export const Batch = z.object({
  id: z.string().describe('Id of the batch'),
  operation: z.string().describe('Name of the operation'),
  size: z.int().describe('The number of its targets'),
  states: z.record(z.string(), z.int()).describe('State -> how many of its runs are in it'),
  createdAt: z.iso.datetime().describe('When it was accepted'),
  runs: z
    .array(RunView)
    .describe(
      'One run for each target, in the order of the targets; fewer than `size` while they are still being made',
    ),
  links: z.object({ self: z.string().describe('Address of the batch') }).describe('Addresses'),
})
type Batch = z.infer<typeof Batch>

/** `GET /batches/{id}`. */
export async function getBatch(ports: RoutePorts, event: HttpEvent): Promise<HttpResult> {
  const id = event.pathParameters?.id ?? ''
  // The first run has the key of the batch itself, so their ids agree.
  const [, hash] = BATCH_ID.exec(id) ?? []
  const first = hash === undefined ? undefined : await ports.store.get(`run_${hash}`)
  if (first?.batchId !== id) throw notFound('batch', id, '; records are kept for 90 days')
  const runs = await runsOf(ports, first)
  const lives = runs.some(({ state }) => !isFinal(state))
  return jsonResult(200, await batchOf({ ports, event }, runs), lives ? { 'retry-after': '5' } : {})
}

/** More reads than a batch of the largest size needs, even beside much else. */
const MAX_PAGES = 20

/** A request is repeated within this time, or under a new key. */
const REPEATED_MS = 24 * 3600_000

/**
 * The runs of a batch in the order of its targets: those that were made together, and those that a repeat made later. The list
 * may lag behind the table; the first run is there in any case.
 */
async function runsOf(ports: RoutePorts, first: Run): Promise<Run[]> {
  const { batchId, batchSize = 1, createdAt: since } = first
  const found = await pagesOf(ports, { batchId, since, until: plusMs(since, 1) }, batchSize)
  if (found.length < batchSize) {
    found.push(...(await pagesOf(ports, { batchId, since, until: plusMs(since, REPEATED_MS) }, batchSize)))
  }
  const runs = new Map([first, ...found].map((run) => [run.id, run]))
  return [...runs.values()].sort((a, b) => (a.batchIndex ?? 0) - (b.batchIndex ?? 0))
}

async function pagesOf(
  { store }: RoutePorts,
  filter: { batchId: string | undefined; since: string; until: string },
  atMost: number,
): Promise<Run[]> {
  const runs: Run[] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES && runs.length < atMost; page++) {
    const found = await store.list({ ...filter, limit: 100, cursor })
    runs.push(...found.runs)
    cursor = found.cursor
    if (cursor === undefined) break
  }
  return runs
}

/** A batch that was just accepted, or repeated. */
export async function acceptedBatch(asked: Asked, runs: Run[], headers: Record<string, string>): Promise<HttpResult> {
  const batch = await batchOf(asked, runs)
  const warned = await Promise.all(
    runs.map(async (run, index) => ({ ...batch.runs[index], ...(await warningsFor(asked.ports, run)) })),
  )
  return jsonResult(
    202,
    { ...batch, runs: warned },
    { location: `batches/${batch.id}`, 'retry-after': '5', ...headers },
  )
}

async function batchOf({ ports, event }: Asked, runs: Run[]): Promise<Batch> {
  const [first] = runs
  if (!first?.batchId) throw new Error('a batch has no run')
  const states = Object.entries(Object.groupBy(runs, ({ state }) => state))
  return {
    ...{ id: first.batchId, operation: first.operation, size: first.batchSize ?? runs.length },
    states: Object.fromEntries(states.map(([state, some]) => [state, some?.length ?? 0])),
    createdAt: first.createdAt,
    runs: await listedRuns({ ports, event }, runs),
    links: { self: `${baseOf(event, ports.deployment.publicUrl)}/batches/${first.batchId}` },
  }
}
