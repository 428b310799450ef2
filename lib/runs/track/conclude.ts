import { CloudError, type ErrorKind } from '../../cloud/errors.ts'
import type { Observation, Probe, Verdict } from '../../services/tracking.ts'
import { ERROR_PREFIX, observedText, withCount } from '../observations.ts'
import { type Ending, timedOutOutcome } from '../outcomes.ts'
import { acceptedMs, type Progress, type Run } from '../run.ts'
import { CLOCKS_APART_MS } from '../schedule.ts'
import { mayBeOlder } from './older-state.ts'

/** The meaning of one observation for its run. */
export interface Conclusion {
  /** The facts known now, even if the run continues. */
  changes: Pick<Run, 'progress' | 'changedAfter' | 'sawWork' | 'proofs' | 'job' | 'lateLooks'>
  /** The probe's work is over: verify next, or succeed. */
  done: boolean
  end?: Ending
  /** Names anything that success does not prove. */
  note?: string
  /** The next observation is worth making so soon, whatever the schedule says (ms). */
  soonMs?: number
  /** It failed, and is made again so soon at the latest (ms). */
  againMs?: number
}

/** The run that is observed, the probe that observes it, and when (epoch ms). */
export interface Observed {
  run: Run
  probe: Probe<unknown>
  nowMs: number
}

/** Errors that another probe will not cure: the resource or job is not there, or cannot be read. */
const LASTING_ERRORS: ReadonlySet<ErrorKind> = new Set(['not-found', 'invalid', 'unsupported', 'input'])

/** They end the run after so many in a row, and not before this time after acceptance: a new job may take a while to be found. */
const MAX_LASTING_ERRORS = 3
const LASTING_AFTER_MS = 120_000

/** A run whose provider says done has failed if its resource does not show it in so many equal observations, for so long. */
const MIN_STALLED = 3
const STALL_SECONDS = 300

/** The pace at which an apparent end is confirmed, so that people are notified as soon as it is certain. */
const CONFIRM_MS = 5_000

/** What a failed observation would have shown may be the end. */
const READ_AGAIN_MS = 45_000

/** An apparent failure is confirmed or not within so many observations after the deadline. */
const MAX_LATE_OBSERVATIONS = 10

/** The cloud counts as unreadable once so many observations after the deadline have failed. */
const MIN_LATE_OBSERVATIONS = 3

/** The number of observations that proves that time has passed, for the clocks of two hosts may be minutes apart. */
const MIN_UNCHANGED = 5

/** When the last observation is made: the host of the one before may be ahead, and its result had to be confirmed (epoch ms). */
export function lastObservationMs({ deadlineAt }: Pick<Run, 'deadlineAt'>): number {
  return Date.parse(deadlineAt) + CLOCKS_APART_MS
}

/** Decides what one observation, or its failure, means for the run. Pure. */
export function conclude(observed: Observed, observation: Observation | CloudError): Conclusion {
  const { run, probe, nowMs } = observed
  const lateLooks = nowMs < Date.parse(run.deadlineAt) ? {} : { lateLooks: (run.lateLooks ?? 0) + 1 }
  if (observation instanceof CloudError) {
    return concludeError({ ...observed, run: { ...run, ...lateLooks } }, observation)
  }
  const progress = progressAfter(observed, observation)
  const sawWork = run.sawWork || (observation.listed && observation.atWork)
  const { jobId } = observation
  const changes: Conclusion['changes'] = {
    progress,
    ...(progress.since === run.progress.since ? {} : { changedAfter: run.updatedAt }),
    ...lateLooks,
    ...(sawWork ? { sawWork } : {}),
    ...(jobId ? { job: { id: jobId } } : {}),
  }
  const now = { ...observed, run: { ...run, ...changes } }
  const { verdict, doubtMs } = verdictOf(now, observation)
  if (verdict === 'failed') {
    const why = `the cloud reports failure: ${probe.name} ${withDetail(': ', observation)}`
    return { changes, done: false, end: failed(why) }
  }
  if (verdict === 'done') return concludeDone(now, observation, changes)
  if (run.state === 'verifying' && hasStalled(now, observation)) {
    if (observation.undecidable) return concludeDone(now, observation, changes)
    const summary = `the provider reports its work as done, but the resource does not show it: ${probe.name} ${withDetail(', ', observation)}`
    return { changes, done: false, end: failed(summary) }
  }
  return concludePending(now, observation, { changes, doubtMs })
}

function concludeDone(observed: Observed, observation: Observation, changes: Conclusion['changes']): Conclusion {
  const proofs = [...(observed.run.proofs ?? []), proofOf(observed, observation)]
  const proven = { ...changes, proofs, progress: { ...changes.progress, consecutive: 0 } }
  return { changes: proven, done: true, ...(observation.detail ? { note: observation.detail } : {}) }
}

/** An apparent end is confirmed or contradicted soon, however late it is; an apparent failure, only once the last observation is due. */
function concludePending(
  { run, probe, nowMs }: Observed,
  { verdict }: Observation,
  { changes, doubtMs }: Pick<Conclusion, 'changes'> & { doubtMs: number },
): Conclusion {
  const isPastDeadline = nowMs >= lastObservationMs(run)
  const mayObserveAgain = (changes.lateLooks ?? 0) < MAX_LATE_OBSERVATIONS
  const mayFail = verdict === 'failed' && changes.progress.consecutive < probe.consecutive && mayObserveAgain
  if (verdict === 'done' || (mayFail && isPastDeadline))
    return { changes, done: false, soonMs: Math.max(CONFIRM_MS, doubtMs) }
  return isPastDeadline ? timedOut(run, changes) : { changes, done: false }
}

/**
 * The meaning of a series of observations, where one alone may mislead.
 * @returns `doubtMs`: how long a `done` that may be the old state is still in doubt
 */
function verdictOf(observed: Observed, observation: Observation): { verdict: Verdict; doubtMs: number } {
  const { run, probe, nowMs } = observed
  const { consecutive } = run.progress
  const isInDoubt = mayBeOlder({ run, probe, ageMs: nowMs - acceptedMs(run) }, observation)
  const isConfirmed = consecutive >= probe.consecutive + (isInDoubt ? 1 : 0)
  if (!isUnchanged(observed, observation)) return { verdict: isConfirmed ? observation.verdict : 'pending', doubtMs: 0 }
  const doubtMs = acceptedMs(run) + (probe.unchangedSeconds ?? 0) * 1000 - nowMs
  const hasWaited = doubtMs <= (consecutive >= MIN_UNCHANGED ? 0 : -CLOCKS_APART_MS)
  const isOver = isConfirmed && hasWaited
  return { verdict: isOver && observation.verdict === 'done' ? 'done' : 'pending', doubtMs }
}

/** The resource never differed from before: the work has not begun, or shows late, or was too short to be seen. */
function isUnchanged({ run: { sawWork }, probe: { unchangedSeconds } }: Observed, { asBefore }: Observation): boolean {
  return asBefore === true && !sawWork && unchangedSeconds !== undefined
}

/** A proof names only what was observed. */
function proofOf(observed: Observed, observation: Observation): string {
  const { run, probe, nowMs } = observed
  const proof = observation.proof ?? `${probe.name} ${observation.observed}`
  if (!isUnchanged(observed, observation)) return proof
  return `${proof}, and showed nothing else for ${Math.round((nowMs - acceptedMs(run)) / 1000)} s`
}

function hasStalled({ run, probe, nowMs }: Observed, { asBefore, atWork }: Observation): boolean {
  const unchangedMs = nowMs - new Date(run.progress.since ?? nowMs).getTime()
  // Where nothing at all has changed yet, the work may not have begun.
  const own = probe.stallSeconds?.(run.params) ?? STALL_SECONDS
  const stallSeconds = asBefore ? Math.max(STALL_SECONDS, own) : own
  return unchangedMs >= stallSeconds * 1000 && !atWork && run.progress.consecutive >= MIN_STALLED
}

/** A failed observation is neutral: it neither confirms nor contradicts the one before it. */
function concludeError({ run, probe, nowMs }: Observed, error: CloudError): Conclusion {
  const { kind, code, otherShape } = error.facts
  const failures = LASTING_ERRORS.has(kind) || otherShape ? run.progress.failures + 1 : 0
  const observedCounts = withCount(run.progress.observedCounts, `${ERROR_PREFIX}${code ?? kind}`)
  const { lateLooks } = run
  const changes = { progress: { ...run.progress, failures, observedCounts }, ...(lateLooks ? { lateLooks } : {}) }
  const isUnreadable = kind === 'unsupported' || kind === 'invalid' || (otherShape && failures >= MAX_LASTING_ERRORS)
  if (run.state === 'verifying' && probe.dispensable && isUnreadable) {
    return { changes, done: true, note: `the resource itself cannot be read: ${error.message}` }
  }
  if (failures >= MAX_LASTING_ERRORS && nowMs - acceptedMs(run) >= LASTING_AFTER_MS) {
    const summary = `its progress can no longer be read: ${error.message}. Observed: ${observedText(changes.progress)}`
    return { changes, done: false, end: { state: 'unknown', outcome: { summary, providerDone: false } } }
  }
  // The clock alone ends a run only where the cloud cannot be read, not where it was not asked again.
  const isPastDeadline = nowMs >= lastObservationMs(run)
  if (isPastDeadline && (lateLooks ?? 0) >= MIN_LATE_OBSERVATIONS) return timedOut(run, changes)
  return { changes, done: false, againMs: READ_AGAIN_MS }
}

/** Observations of `verify` are counted under the name of their probe. */
function progressAfter({ run, probe, nowMs }: Observed, { observed }: Observation): Progress {
  const { progress } = run
  const isSame = observed === progress.lastObserved
  const prefix = run.state === 'verifying' ? `${probe.name} ` : ''
  return {
    ...progress,
    lastObserved: observed,
    since: (isSame && progress.since) || new Date(nowMs).toISOString(),
    consecutive: isSame ? progress.consecutive + 1 : 1,
    failures: 0,
    observedCounts: withCount(progress.observedCounts, `${prefix}${observed}`),
  }
}

function withDetail(separator: string, { observed, detail }: Observation): string {
  return detail ? `${observed}${separator}${detail}` : observed
}

function timedOut(run: Run, changes: Conclusion['changes']): Conclusion {
  return { changes, done: false, end: { state: 'timed-out', outcome: timedOutOutcome(run, changes.progress) } }
}

/** The provider's work is over. */
function failed(summary: string): Ending {
  return { state: 'failed', outcome: { summary, providerDone: true } }
}
