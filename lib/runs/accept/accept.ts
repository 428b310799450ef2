import { inParallel, partsOf, throwFailures } from '../../basics/parallel.ts'
import { takeLease } from '../lease/lease.ts'
import { refuseUsedUp } from '../lease/used-up.ts'
import { MAX_BATCH_SIZE, type Message } from '../messages.ts'
import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { isFinal } from '../states.ts'
import { collide } from '../submit/collide.ts'
import { type CheckedRequest, checkRequest, type DefaultRegions, isSameRequest } from './check-request.ts'
import { type BatchRequest, draft, draftBatch, newRun, type RunRequest } from './draft.ts'
import { checkPlaces } from './place.ts'
import { KeyReusedError, NotAllowedError } from './request-error.ts'

/**
 * Accepts a wish: one conditional put, then its lease, then a message. The put comes first, so that a crash afterwards
 * leaves a run that the sweeper finds, never a lease or a message without a run.
 * @param askedAtMs when what speaks against it was looked for: who comes on late has the run of that moment
 * @returns the run: `queued`, or what became of it because another has its target
 * @throws {RequestError | KeyReusedError}
 */
export async function accept(
  ports: RecordPorts,
  request: RunRequest,
  regions: DefaultRegions,
  askedAtMs = ports.clock(),
): Promise<{ run: Run; created: boolean }> {
  const wish = checkRequest(request, regions)
  const run = newRun(request, wish, request.idempotencyKey, askedAtMs)
  await checkPlaces(ports, [wish], [run])
  const one = await createAndPlace(ports, run)
  if (one.created) await sendOrLeaveToSweeper(ports, [one.run], wish)
  return one
}

/**
 * Whether all that is asked for was accepted before, under its key: then the rules of today do not undo it. Half of a batch is
 * not: who knows when making the rest failed could have anything made in its place.
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

/** What was allowed when it came is not undone by the rules of today. That it is the same wish, accepting it sees to. */
export async function unlessAccepted<Value>(
  ports: Pick<RecordPorts, 'store' | 'clock'>,
  request: RunRequest | BatchRequest,
  regions: DefaultRegions,
  allow: () => Value,
): Promise<Value | undefined> {
  try {
    return allow()
  } catch (error) {
    if (error instanceof NotAllowedError && (await wasAccepted(ports, request, regions))) return undefined
    throw error
  }
}

/** Accepts whichever of the two it is. @throws {RequestError | KeyReusedError} */
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
  /** Nothing was made: it had all been asked for before, under this key. */
  isRepeat: boolean
}

/** So many records at a time. */
const WIDTH = 10

/**
 * Accepts one wish for many targets: a run each, of one `batchId`. Each run is accepted by itself, so that a crash half
 * way leaves some; the same request again, under the same key, makes the rest.
 * @throws {RequestError | KeyReusedError} and nothing is stored
 */
async function acceptBatch(ports: RecordPorts, request: BatchRequest, regions: DefaultRegions): Promise<Accepted> {
  const { wishes, runs, batchId } = draftBatch(request, regions, ports.clock())
  await checkPlaces(ports, wishes, runs)
  const [first, ...others] = runs
  const made = first ? [await createAndPlace(ports, first)] : []
  const { values, failures } = await inParallel(others, (run) => createAndPlace(ports, run), { atOnce: WIDTH })
  made.push(...values)
  const created = made.flatMap((one) => (one.created ? [one.run] : []))
  await sendOrLeaveToSweeper(ports, created, wishes[0])
  throwFailures(failures)
  return { batchId, runs: made.map(({ run }) => run), isRepeat: created.length === 0 }
}

async function createAndPlace(ports: RecordPorts, run: Run): Promise<{ run: Run; created: boolean }> {
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

/** @throws {KeyReusedError} where the key of a run belongs to another wish */
export function checkSameRequest(existing: Run, run: Run): void {
  const isSameBatch =
    existing.batchSize === undefined
      ? existing.batchFingerprint === run.batchFingerprint
      : existing.batchSize === run.batchSize
  if (isSameRequest(existing, run) && isSameBatch) return
  const used = `this key was used for another wish, ${existing.operation} (run ${existing.id})`
  throw new KeyReusedError(`${used}: take a new one`)
}

/** Whoever comes first has the resource from now on. Where it cannot be asked for now, submit-run asks. */
async function takeOrCollide(ports: RecordPorts, run: Run): Promise<Run> {
  try {
    const taken = await takeLease(ports, run)
    if (!('not' in taken)) return run
    if ('limit' in taken.not) await refuseUsedUp(ports, run, taken.not)
    // Whether the resource of a run that ended in doubt is free, only a look at the cloud can tell.
    else if (isFinal(taken.not.by.state)) return run
    else await collide(ports, run, taken.not)
  } catch (error) {
    ports.log('warn', 'not placed; submit-run will', { runId: run.id, error: String(error) })
  }
  return (await ports.store.get(run.id)) ?? run
}

/** So many runs go out in one call at most. */
export function maxBatchSize({ operation: { batch: together } }: CheckedRequest): number {
  return Math.min(MAX_BATCH_SIZE, together?.atMost ?? 1)
}

/** Those that collided have been taken care of. Where one call of the provider takes many targets, one message does. */
async function sendOrLeaveToSweeper(ports: RecordPorts, runs: Run[], wish: CheckedRequest | undefined): Promise<void> {
  const ids = runs.filter(({ version }) => version === 1).map(({ id }) => id)
  const atMost = wish ? maxBatchSize(wish) : 1
  const messages = partsOf(ids, atMost).map(
    ([first = '', ...rest]): Message => (rest.length > 0 ? { v: 2, runIds: [first, ...rest] } : { v: 1, runId: first }),
  )
  const left = await ports.queue.sendAll('submissions', messages)
  if (left.length > 0) ports.log('warn', 'submissions not enqueued; the sweeper will', { runIds: ids, left })
}
