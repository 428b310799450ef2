import { issueAt } from '../../basics/field-issues.ts'
import { sha256 } from '../../basics/sha256.ts'
import type { Override, WindowRule } from '../guards/verdict.ts'
import { RequestError } from '../request-error.ts'
import { type Collision, type Run, runId, type Source } from '../run.ts'
import { allowedMs, HEARTBEAT_SLACK_MS, overdueAfterMs, plusMs } from '../schedule.ts'
import type { Budget, Limits } from '../tally.ts'
import { type CheckedRequest, checkRequest, type DefaultRegions } from './check-request.ts'
import { fingerprintOf } from './fingerprint.ts'

/** Requests, and the runs that they would make. Nothing is stored. */

/** A request for one target, before it is checked. */
export interface RunRequest {
  operation: unknown
  target: unknown
  params?: unknown
  source: Source
  /** The fate of the request if another run has the resource. */
  collision: Collision
  /** The limits of the rule that requests it. People have limits only where a rule gives them some. */
  limits?: Limits | undefined
  /** The windows of the rule that requests it, and the person who overrides all windows. */
  windows?: WindowRule | undefined
  override?: Override | undefined
  /** The episode of the alarm that asks. */
  episodeId?: string | undefined
  /** It is not sent later, however long its guards make it wait (ISO 8601); a day unless given. */
  notAfter?: string | undefined
  /** The budgets of the policy that allows it, by resource. */
  budgets?: Readonly<Record<string, Budget>> | undefined
  /** Scoped by its source: the same key is the same request, however often it arrives. */
  idempotencyKey: string
  /** Path of the request in the sender's body; that whole body unless given. */
  within?: readonly string[]
  /** Trace context of the sender. */
  traceparent?: string | undefined
}

/** A request for many targets. */
export type BatchRequest = Omit<RunRequest, 'target'> & { targets: unknown[] }

/** Nobody checks more targets than this before he sends a request. */
export const MAX_TARGETS = 100

/** Longer than any sender retries, and long enough to look back on an incident. */
const KEEP_MS = 90 * 24 * 3600 * 1000

/** The runs that a request would make, in the order of its targets. @throws {RequestError} */
export function draft(request: RunRequest | BatchRequest, regions: DefaultRegions, nowMs: number): Draft {
  if ('targets' in request) return draftBatch(request, regions, nowMs)
  const checked = checkRequest(request, regions)
  return { checked: [checked], runs: [newRun(request, checked, nowMs)] }
}

export interface Draft {
  /** One for each run; all have one operation. */
  checked: CheckedRequest[]
  runs: Run[]
  batchId?: string
}

export function draftBatch(request: BatchRequest, regions: DefaultRegions, nowMs: number): Draft & { batchId: string } {
  const checked = checkTargets(request, regions)
  const batchId = `batch_${sha256(request.idempotencyKey).slice(0, 32)}`
  const batchFingerprint = sha256(checked.map(fingerprintOf).join())
  const batch = { batchId, batchFingerprint, batchSize: checked.length }
  const runs = checked.map((one, index) => {
    // The first has the key itself, so that a key used for another request shows before anything is stored.
    const idempotencyKey = index === 0 ? request.idempotencyKey : `${request.idempotencyKey}\n${index}`
    return { ...newRun({ ...request, idempotencyKey }, one, nowMs), ...batch, batchIndex: index }
  })
  return { checked, runs, batchId }
}

function checkTargets({ targets, ...request }: BatchRequest, regions: DefaultRegions): CheckedRequest[] {
  const at = (...path: string[]): string[] => [...(request.within ?? []), 'targets', ...path]
  if (targets.length < 1 || targets.length > MAX_TARGETS) {
    throw new RequestError([issueAt(at(), `must be 1 to ${MAX_TARGETS}`)])
  }
  const checked = targets.map((target, index) =>
    checkRequest({ ...request, target }, regions, ['targets', String(index)]),
  )
  const resources = checked.map(({ operation, target }) => operation.resource(target))
  const again = resources.findIndex((resource, index) => resources.indexOf(resource) < index)
  if (again < 0) return checked
  const first = resources.indexOf(resources[again] ?? '')
  throw new RequestError([issueAt(at(String(again)), `is the same resource as ${at(String(first)).join('.')}`)])
}

export function newRun(request: Omit<RunRequest, 'target'>, checked: CheckedRequest, nowMs: number): Run {
  const now = new Date(nowMs).toISOString()
  const { operation, target, params } = checked
  const resource = operation.resource(target)
  const budget = request.budgets?.[resource]
  return {
    id: runId(request.idempotencyKey),
    kind: 'run',
    operation: operation.name,
    resource,
    target,
    params,
    source: request.source,
    collision: request.collision,
    ...(request.traceparent === undefined ? {} : { traceparent: request.traceparent }),
    ...(request.limits ? { limits: request.limits } : {}),
    ...(request.windows ? { windows: request.windows } : {}),
    ...(request.override ? { override: request.override } : {}),
    ...(request.episodeId === undefined ? {} : { episodeId: request.episodeId }),
    ...(request.notAfter === undefined ? {} : { notAfter: request.notAfter }),
    ...(budget ? { budget } : {}),
    state: 'queued',
    step: 0,
    busyAnswers: 0,
    progress: { consecutive: 0, observedCounts: {}, failures: 0 },
    timeline: [{ at: now, state: 'queued' }],
    createdAt: now,
    updatedAt: now,
    deadlineAt: plusMs(nowMs, allowedMs(operation, params)),
    nextAt: now,
    deadLetters: 0,
    version: 1,
    fingerprint: fingerprintOf(checked),
    due: 'due',
    dueAt: plusMs(nowMs, overdueAfterMs(0) + HEARTBEAT_SLACK_MS.submissions),
    expiresAtSeconds: Math.floor((nowMs + KEEP_MS) / 1000),
  }
}
