import { sha256 } from '../../basics/sha256.ts'
import type { Limits } from '../lease/tally.ts'
import { type Collision, type Run, runId, type Source } from '../run.ts'
import { givenMs, overdueAfterMs, plusMs } from '../schedule.ts'
import { type CheckedRequest, checkRequest, type DefaultRegions, fingerprintOf } from './check-request.ts'
import { RequestError } from './request-error.ts'

/** What is asked for, and the runs that it would make. Nothing is stored. */

/** A wish, before it is checked. */
export interface RunRequest {
  operation: unknown
  target: unknown
  params?: unknown
  source: Source
  /** What becomes of it where another wish has the target. */
  collision: Collision
  /** Of the rule that asks. People are not limited unless a rule says so. */
  limits?: Limits | undefined
  /** Scoped by its source: the same key is the same wish, however often it arrives. */
  idempotencyKey: string
}

/** One wish for many targets. */
export type BatchRequest = Omit<RunRequest, 'target'> & { targets: unknown[] }

/** Targets of one request. More is more than anybody looks over before he sends it. */
export const MAX_TARGETS = 100

/** Records are kept so long after acceptance: longer than any sender retries, long enough to look back on an incident. */
const KEEP_MS = 90 * 24 * 3600 * 1000

/** The runs that a request would make, in the order of its targets. Nothing is stored. @throws {RequestError} */
export function draft(request: RunRequest | BatchRequest, regions: DefaultRegions, nowMs: number): Draft {
  if ('targets' in request) return draftBatch(request, regions, nowMs)
  const wish = checkRequest(request, regions)
  return { wishes: [wish], runs: [newRun(request, wish, request.idempotencyKey, nowMs)] }
}

export interface Draft {
  /** One a run; all of one operation. */
  wishes: CheckedRequest[]
  runs: Run[]
  batchId?: string
}

export function draftBatch(request: BatchRequest, regions: DefaultRegions, nowMs: number): Draft & { batchId: string } {
  const wishes = checkTargets(request, regions)
  const batchId = `batch_${sha256(request.idempotencyKey).slice(0, 32)}`
  const batchFingerprint = sha256(wishes.map(fingerprintOf).join())
  const batch = { batchId, batchFingerprint, batchSize: wishes.length }
  const runs = wishes.map((wish, index) => {
    // The first has the key itself: that it was used for something else shows before anything is stored.
    const key = index === 0 ? request.idempotencyKey : `${request.idempotencyKey}\n${index}`
    return { ...newRun(request, wish, key, nowMs), ...batch }
  })
  return { wishes, runs, batchId }
}

function checkTargets({ targets, ...request }: BatchRequest, regions: DefaultRegions): CheckedRequest[] {
  if (targets.length < 1 || targets.length > MAX_TARGETS) {
    throw new RequestError([{ field: 'targets', message: `must be 1 to ${MAX_TARGETS}` }])
  }
  const wishes = targets.map((target, index) =>
    checkRequest({ ...request, target }, regions, ['targets', String(index)]),
  )
  const resources = wishes.map(({ operation, target }) => operation.resource(target))
  const again = resources.findIndex((resource, index) => resources.indexOf(resource) < index)
  if (again < 0) return wishes
  const first = resources.indexOf(resources[again] ?? '')
  throw new RequestError([{ field: `targets.${again}`, message: `is the same resource as targets.${first}` }])
}

export function newRun(request: Omit<RunRequest, 'target'>, wish: CheckedRequest, key: string, nowMs: number): Run {
  const now = new Date(nowMs).toISOString()
  const { operation, target, params } = wish
  return {
    id: runId(key),
    kind: 'run',
    operation: operation.name,
    resource: operation.resource(target),
    target,
    params,
    source: request.source,
    collision: request.collision,
    ...(request.limits ? { limits: request.limits } : {}),
    state: 'queued',
    step: 0,
    busyAnswers: 0,
    progress: { consecutive: 0, observedCounts: {}, failures: 0 },
    timeline: [{ at: now, state: 'queued' }],
    createdAt: now,
    updatedAt: now,
    deadlineAt: plusMs(nowMs, givenMs(operation, params)),
    nextAt: now,
    deadLetters: 0,
    version: 1,
    fingerprint: fingerprintOf(wish),
    due: 'due',
    dueAt: plusMs(nowMs, overdueAfterMs(0)),
    expiresAtSeconds: Math.floor((nowMs + KEEP_MS) / 1000),
  }
}
