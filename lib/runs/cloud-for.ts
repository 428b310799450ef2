import type { CloudError } from '../cloud/errors.ts'
import type { LifecycleOperation, Readiness } from '../services/lifecycle.ts'
import type { Evidence, Facts, Observation, Probe, Read, Snapshot } from '../services/tracking.ts'
import { orCloudError } from './or-cloud-error.ts'
import type { Ports } from './ports.ts'
import { type CheckedPrecondition, checkPreconditions } from './preconditions.ts'
import { callContextOf, type Run } from './run.ts'

/** A run with the entry of the catalogue that it carries out. */
export interface RunOperation {
  run: Run
  operation: LifecycleOperation
}

/** The reads that a run makes of its cloud. Each returns its answer or the `CloudError`, and throws only on a bug. */
export interface RunCloud {
  read: Read
  observe(probe: Probe<unknown>): Promise<Observation | CloudError>
  /** @returns the answer of the gate; undefined if the operation has none */
  gate(): Promise<unknown>
  /** @param gated the answer of the gate */
  baseline(gated: unknown): Promise<unknown>
  snapshot(): Promise<Snapshot | CloudError>
  findEvidence(): Promise<Evidence | CloudError>
  /**
   * Checks what must hold before the operation is sent. What cannot be read does not hold.
   * @param gated the answer of the gate
   */
  preconditions(gated: unknown, options?: { forPlan: boolean }): Promise<CheckedPrecondition[]>
  /** @returns `ready` where nothing must precede the operation */
  readiness(): Promise<Readiness | CloudError>
}

/**
 * Binds the reads of one run: to its own account and region, to its facts, and to one deadline.
 * @param deadlineAtMs when the reads must have ended (epoch ms)
 */
export function cloudFor(
  ports: Pick<Ports, 'call' | 'clock'>,
  { run, operation }: RunOperation,
  deadlineAtMs: number,
): RunCloud {
  const context = callContextOf(run, deadlineAtMs)
  const read: Read = (one, input) => ports.call(one, input, context)
  const readShared: Read = (one, input) =>
    ports.call(one, input, { ...context, listAgeMs: listAgeMs(run, ports.clock()) })
  const { tracking, preparation } = operation
  const { target, params } = run
  // All that is read before the run is sent is of one moment: equal reads are made once.
  const readBefore = readOnce(read)
  const request = { target, params, mark: `steadyhand ${run.id}`, nowMs: ports.clock() }
  return {
    read,
    observe: (probe) => orCloudError(() => probe.observe(readShared, factsOf(run))),
    gate: () => orCloudError(async () => tracking.gate?.(readBefore, target, params)),
    baseline: (gated) => orCloudError(() => tracking.baseline(readBefore, target, gated)),
    snapshot: () => orCloudError(() => tracking.snapshot(read, target)),
    findEvidence: () => orCloudError(() => tracking.findEvidence(read, factsOf(run))),
    preconditions: (gated, options) =>
      checkPreconditions(operation.preconditions, { read: readBefore, gated, request: { ...request, ...options } }),
    readiness: async () => {
      if (!preparation) return 'ready'
      return orCloudError(() =>
        preparation.readiness(readBefore, {
          ...request,
          insists: run.insists,
          firstSentAtMs: run.preparedAt === undefined ? undefined : Date.parse(run.preparedAt),
        }),
      )
    },
  }
}

/** Makes equal reads once; changes pass. */
function readOnce(read: Read): Read {
  const made = new Map<string, Promise<unknown>>()
  return (one, input) => {
    if (one.effect !== 'read') return read(one, input)
    const key = JSON.stringify([one.name, input])
    const answer = made.get(key) ?? read(one, input)
    made.set(key, answer)
    return answer as ReturnType<typeof read<typeof input, never>>
  }
}

/** A list that is older would tell of the end of work too late. */
const MAX_LIST_AGE_MS = 10_000

/** How old a list may be that shows the run still at work: a tenth of the age of the work. Undefined = no list will do. */
function listAgeMs({ acceptedAt, deadlineAt }: Run, nowMs: number): number | undefined {
  // The last observations decide how the run ends.
  if (acceptedAt === undefined || nowMs >= Date.parse(deadlineAt)) return undefined
  return Math.min(MAX_LIST_AGE_MS, Math.max(0, nowMs - Date.parse(acceptedAt)) / 10)
}

/** The facts of a run that its probes and its search for evidence need. */
function factsOf(run: Run): Facts<Run['target']> {
  const { target, params, baseline, sentAt, createdAt, freeSince, job, sawWork, progress } = run
  return {
    ...{ target, params, baseline, sentAtMs: Date.parse(sentAt ?? createdAt) },
    ...(freeSince ? { freeSinceMs: Date.parse(freeSince) } : {}),
    ...(job ? { jobId: job.id } : {}),
    ...(sawWork ? { sawWork } : {}),
    ...(progress.lastObserved === undefined ? {} : { lastObserved: progress.lastObserved }),
  }
}
