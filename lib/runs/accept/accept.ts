import { inParallel, partsOf, throwFailures } from '../../basics/parallel.ts'
import { takeLease } from '../lease/lease.ts'
import { refuseUsedUp } from '../lease/used-up.ts'
import { MAX_BATCH_SIZE, type Message } from '../messages.ts'
import type { RecordPorts } from '../ports.ts'
import { KeyReusedError, NotAllowedError } from '../request-error.ts'
import type { Run } from '../run.ts'
import { isSameRequest } from '../same-request.ts'
import { isFinal } from '../states.ts'
import { collide } from '../submit/collide.ts'
import { checkLocations } from './check-locations.ts'
import { type CheckedRequest, checkRequest, type DefaultRegions } from './check-request.ts'
import { type BatchRequest, draft, draftBatch, newRun, type RunRequest } from './draft.ts'

/**
 * Accepts a request: one conditional put, then its lease, then a message. The put comes first, so that a crash afterwards
 * leaves a run that the sweeper finds, never a lease or a message without a run.
 * @returns the run: `queued`, or in the state that follows from another run on its resource
 * @throws {RequestError | KeyReusedError}
 */
export async function accept(
  ports: RecordPorts,
  request: RunRequest & {
    /** When the limits and other guards were checked (epoch ms); now unless given. A delay after it must not change who was first. */
    checkedAtMs?: number
  },
  regions: DefaultRegions,
): Promise<{ run: Run; created: boolean }> {
  const checked = checkRequest(request, regions)
  const run = newRun(request, checked, request.checkedAtMs ?? ports.clock())
  await checkLocations(ports, [checked], [run])
  const one = await createAndLease(ports, run)
  if (one.created) await sendOrLeaveToSweeper(ports, [one.run], checked)
  return one
}

/**
 * Whether every run of the request was accepted before, under its key: then the rules of today do not undo it. Half of a batch
 * does not count, or anybody who knows of a failure half way could have other runs made instead of the rest.
 * @throws {RequestError}
 */
export async function wasAccepted(
  { store, clock }: Pick<RecordPorts, 'store' | 'clock'>,
  request: RunRequest | BatchRequest,
  regions: DefaultRegions,
): Promise<boolean> {
  const { runs } = draft(request, regions, clock())
  const stored = await Promise.all(runs.map(({ id }) => store.get(id)))
  return stored.every((run) => run !== undefined)
}

/**
 * The result of `allow`; undefined where the rules of today do not allow a request that was accepted before. Accepting it
 * then checks that it is the same.
 */
export async function unlessAccepted<Value>(
  ports: Pick<RecordPorts, 'store' | 'clock'>,
  { request, regions }: { request: RunRequest | BatchRequest; regions: DefaultRegions },
  allow: () => Value,
): Promise<Value | undefined> {
  try {
    return allow()
  } catch (error) {
    if (error instanceof NotAllowedError && (await wasAccepted(ports, request, regions))) return undefined
    throw error
  }
}

/** Accepts a request for one target or for many. @throws {RequestError | KeyReusedError} */
export async function acceptAny(
  ports: RecordPorts,
  request: RunRequest | BatchRequest,
  regions: DefaultRegions,
): Promise<Accepted> {
  if ('targets' in request) return acceptBatch(ports, request, regions)
  const { run, created } = await accept(ports, request, regions)
  return { runs: [run], isRepeat: !created }
}

interface Accepted {
  runs: Run[]
  batchId?: string
  /** No run is new: all were requested before, under this key. */
  isRepeat: boolean
}

/** Records at a time. */
const WIDTH = 10

/**
 * Accepts a request for many targets: a run each, with one `batchId`. Each run is accepted by itself, so that a crash half
 * way leaves some; the same request again, under the same key, makes the rest.
 * @throws {RequestError | KeyReusedError} and nothing is stored
 */
async function acceptBatch(ports: RecordPorts, request: BatchRequest, regions: DefaultRegions): Promise<Accepted> {
  const { checked, runs, batchId } = draftBatch(request, regions, ports.clock())
  await checkLocations(ports, checked, runs)
  const [first, ...others] = runs
  const made = first ? [await createAndLease(ports, first)] : []
  const { values, failures } = await inParallel(others, (run) => createAndLease(ports, run), { atOnce: WIDTH })
  made.push(...values)
  const created = made.flatMap((one) => (one.created ? [one.run] : []))
  await sendOrLeaveToSweeper(ports, created, checked[0])
  throwFailures(failures)
  return { batchId, runs: made.map(({ run }) => run), isRepeat: created.length === 0 }
}

async function createAndLease(ports: RecordPorts, run: Run): Promise<{ run: Run; created: boolean }> {
  const one = await create(ports, run)
  return one.created ? { ...one, run: await takeOrCollide(ports, one.run) } : one
}

async function create(ports: RecordPorts, run: Run): Promise<{ run: Run; created: boolean }> {
  const existing = await ports.store.create(run)
  if (!existing) {
    const { id: runId, operation, target, params, source, batchId } = run
    ports.log('info', 'run accepted', { runId, operation, target, params, source, batchId })
    return { run, created: true }
  }
  checkSameRequest(existing, run)
  return { run: existing, created: false }
}

/** @throws {KeyReusedError} where the key of a run was used for another request */
export function checkSameRequest(existing: Run, run: Run): void {
  const isSameBatch =
    existing.batchSize === undefined
      ? existing.batchFingerprint === run.batchFingerprint
      : existing.batchSize === run.batchSize
  if (isSameRequest(existing, run) && isSameBatch) return
  const used = `this key was used for another request, ${existing.operation} (run ${existing.id})`
  throw new KeyReusedError(`${used}: use a new key`)
}

/** The first run to come has the resource from now on. If its lease cannot be read now, submit-run takes it. */
async function takeOrCollide(ports: RecordPorts, run: Run): Promise<Run> {
  try {
    const taken = await takeLease(ports, run)
    if (!('blockedBy' in taken)) return run
    if ('limit' in taken.blockedBy) await refuseUsedUp(ports, run, taken.blockedBy)
    // Only an observation of the cloud can tell whether the resource of a run that ended in doubt is free.
    else if (isFinal(taken.blockedBy.by.state)) return run
    else await collide(ports, run, taken.blockedBy)
  } catch (error) {
    ports.log('warn', 'lease not taken; submit-run tries again', { runId: run.id, error: String(error) })
  }
  return (await ports.store.get(run.id)) ?? run
}

/** The number of runs that one call sends at most. */
export function maxBatchSize({ operation: { batch } }: CheckedRequest): number {
  return Math.min(MAX_BATCH_SIZE, batch?.atMost ?? 1)
}

/** Runs that collided need no message. If one call of the provider takes many targets, one message carries many runs. */
async function sendOrLeaveToSweeper(
  ports: RecordPorts,
  runs: Run[],
  checked: CheckedRequest | undefined,
): Promise<void> {
  const ids = runs.filter(({ version }) => version === 1).map(({ id }) => id)
  const atMost = checked ? maxBatchSize(checked) : 1
  const messages = partsOf(ids, atMost).map(
    ([first = '', ...rest]): Message => (rest.length > 0 ? { v: 2, runIds: [first, ...rest] } : { v: 1, runId: first }),
  )
  const left = await ports.queue.sendAll('submissions', messages)
  if (left.length > 0) ports.log('warn', 'submissions not enqueued; the sweeper sends them', { runIds: ids, left })
}
