import { CloudError, type ErrorKind } from '../../cloud/errors.ts'
import type { Observation, Probe, Verdict } from '../../services/tracking.ts'
import { counted, ERROR, seenIn } from '../observations.ts'
import { timedOutOutcome } from '../outcomes.ts'
import type { Outcome, Progress, Run } from '../run.ts'
import { CLOCKS_APART_MS } from '../schedule.ts'
import type { FinalState } from '../states.ts'

/** What one look means for the run. Pure. */
export interface Conclusion {
  /** What is known now, also where the run goes on. */
  changes: Pick<Run, 'progress' | 'sawWork' | 'proofs' | 'job' | 'lateLooks'>
  /** The probe's work is over: verify next, or succeed. */
  done: boolean
  end?: { state: FinalState; outcome: Outcome }
  /** What success does not prove. */
  note?: string
  /** The next look is worth taking so soon, whatever the schedule says (ms). */
  soonMs?: number
}

/** Answers that another look will not change: what was looked for is not there, as little as in another shape. */
const GONE: ReadonlySet<ErrorKind> = new Set(['not-found', 'invalid', 'unsupported', 'input'])

/** So often in a row, and so long after acceptance, the run ends: a new job may take a while to be found. */
const MAX_GONE = 3
const GONE_AFTER_MS = 120_000

/** The provider says done, the resource does not show it: after so many looks that say the same, for so long, it has failed. */
const MIN_VERIFY_LOOKS = 3
const STALL_SECONDS = 300

/** What looks done is looked at once more, and soon: the end is told as early as it is certain. */
const CONFIRM_MS = 5_000

/** Within so many looks after the deadline it is seen whether what may be a failure is one. */
const MAX_LATE_LOOKS = 10

/** When the last look is taken: the host of the one before may be ahead, and what it saw had to be confirmed (epoch ms). */
export function lastLookMs({ deadlineAt }: Pick<Run, 'deadlineAt'>): number {
  return Date.parse(deadlineAt) + CLOCKS_APART_MS
}

/** How the looks that went by say that time has passed: clocks of two hosts may be minutes apart. */
const MIN_UNCHANGED_LOOKS = 5

/** So many looks after the deadline fail before it is said that the cloud cannot be read. */
const MIN_LATE_LOOKS = 3

export function conclude(
  run: Run,
  probe: Probe<unknown>,
  observation: Observation | CloudError,
  nowMs: number,
): Conclusion {
  const lateLooks = nowMs < Date.parse(run.deadlineAt) ? {} : { lateLooks: (run.lateLooks ?? 0) + 1 }
  if (observation instanceof CloudError) return concludeError({ ...run, ...lateLooks }, probe, observation, nowMs)
  const progress = advance(run.progress, observation, run.state === 'verifying' ? `${probe.name} ` : '', nowMs)
  const sawWork = run.sawWork || (observation.listed && observation.atWork)
  const { jobId } = observation
  const changes: Conclusion['changes'] = {
    progress,
    ...lateLooks,
    ...(sawWork ? { sawWork } : {}),
    ...(jobId ? { job: { id: jobId } } : {}),
  }
  const { verdict, doubtMs } = verdictOf({ ...run, ...changes }, probe, observation, nowMs)
  if (verdict === 'failed') {
    const why = observation.detail ? `${observation.observed}: ${observation.detail}` : observation.observed
    return ended(changes, 'failed', `the cloud reports failure: ${probe.name} ${why}`, true)
  }
  const proven = (): Conclusion['changes'] => {
    const proofs = [...(run.proofs ?? []), proofOf({ ...run, ...changes }, probe, observation, nowMs)]
    return { ...changes, proofs, progress: { ...progress, consecutive: 0 } }
  }
  if (verdict === 'done')
    return { changes: proven(), done: true, ...(observation.detail ? { note: observation.detail } : {}) }
  if (run.state === 'verifying' && hasStalled(run, probe, observation, progress, nowMs)) {
    if (observation.undecidable)
      return { changes: proven(), done: true, ...(observation.detail ? { note: observation.detail } : {}) }
    const summary = `the provider reports its work as done, but the resource does not show it: ${probe.name} ${observation.observed}`
    return ended(changes, 'failed', observation.detail ? `${summary}, ${observation.detail}` : summary, true)
  }
  // What looks done is confirmed or contradicted soon, however late it is; what may be a failure, before its time is over.
  const isLate = nowMs >= lastLookMs(run)
  const isSoonOver = (changes.lateLooks ?? 0) < MAX_LATE_LOOKS
  const mayFail = observation.verdict === 'failed' && progress.consecutive < probe.consecutive && isSoonOver
  if (observation.verdict === 'done' || (mayFail && isLate))
    return { changes, done: false, soonMs: Math.max(CONFIRM_MS, doubtMs) }
  return isLate ? timedOut(run, changes) : { changes, done: false }
}

/** What a series of looks means, where one look alone may mislead. @returns how long it is still to be doubted, too */
function verdictOf(
  run: Run,
  probe: Probe<unknown>,
  observation: Observation,
  nowMs: number,
): { verdict: Verdict; doubtMs: number } {
  const { consecutive } = run.progress
  const isConfirmed = consecutive >= probe.consecutive
  if (!isUnchanged(run, probe, observation))
    return { verdict: isConfirmed ? observation.verdict : 'pending', doubtMs: 0 }
  const doubtMs = acceptedMs(run) + (probe.unchangedSeconds ?? 0) * 1000 - nowMs
  const hasWaited = doubtMs <= (consecutive >= MIN_UNCHANGED_LOOKS ? 0 : -CLOCKS_APART_MS)
  const isOver = isConfirmed && hasWaited
  return { verdict: isOver && observation.verdict === 'done' ? 'done' : 'pending', doubtMs }
}

/** It never looked otherwise than before: the work has not begun, or shows late, or was too short to be seen. */
function isUnchanged({ sawWork }: Run, { unchangedSeconds }: Probe<unknown>, { asBefore }: Observation): boolean {
  return asBefore === true && !sawWork && unchangedSeconds !== undefined
}

/** What was observed, and nothing else. */
function proofOf(run: Run, probe: Probe<unknown>, observation: Observation, nowMs: number): string {
  const proof = observation.proof ?? `${probe.name} ${observation.observed}`
  if (!isUnchanged(run, probe, observation)) return proof
  return `${proof}, and showed nothing else for ${Math.round((nowMs - acceptedMs(run)) / 1000)} s`
}

function hasStalled(
  run: Run,
  probe: Probe<unknown>,
  observation: Observation,
  progress: Progress,
  nowMs: number,
): boolean {
  const unchangedMs = nowMs - new Date(progress.since ?? nowMs).getTime()
  // Where nothing at all has changed yet, the work may still be to begin.
  const own = probe.stallSeconds?.(run.params) ?? STALL_SECONDS
  const stallSeconds = observation.asBefore ? Math.max(STALL_SECONDS, own) : own
  return unchangedMs >= stallSeconds * 1000 && !observation.atWork && progress.consecutive >= MIN_VERIFY_LOOKS
}

/** Since when its work may be expected to show. */
export function acceptedMs(run: Run): number {
  return Date.parse(run.acceptedAt ?? run.createdAt)
}

/** What could not be seen is neutral: it neither confirms nor contradicts what was seen before it. */
function concludeError(run: Run, probe: Probe<unknown>, error: CloudError, nowMs: number): Conclusion {
  const { kind, code, otherShape } = error.facts
  const failures = GONE.has(kind) || otherShape ? run.progress.failures + 1 : 0
  const observedCounts = counted(run.progress.observedCounts, `${ERROR}${code ?? kind}`)
  const { lateLooks } = run
  const changes = { progress: { ...run.progress, failures, observedCounts }, ...(lateLooks ? { lateLooks } : {}) }
  const cannotBe = kind === 'unsupported' || kind === 'invalid' || (otherShape && failures >= MAX_GONE)
  if (run.state === 'verifying' && probe.dispensable && cannotBe) {
    return { changes, done: true, note: `the resource itself cannot be looked at: ${error.message}` }
  }
  if (failures >= MAX_GONE && nowMs - acceptedMs(run) >= GONE_AFTER_MS) {
    const summary = `its progress can no longer be seen: ${error.message}. Observed: ${seenIn(changes.progress)}`
    return ended(changes, 'unknown', summary, false)
  }
  // The clock alone ends a run only where the cloud cannot be read, not where it was not asked again.
  const isOver = nowMs >= lastLookMs(run) && (lateLooks ?? 0) >= MIN_LATE_LOOKS
  return isOver ? timedOut(run, changes) : { changes, done: false }
}

function advance(progress: Progress, { observed }: Observation, prefix: string, nowMs: number): Progress {
  const isSame = observed === progress.lastObserved
  const since = (isSame && progress.since) || new Date(nowMs).toISOString()
  const observedCounts = counted(progress.observedCounts, `${prefix}${observed}`)
  return {
    ...progress,
    lastObserved: observed,
    since,
    consecutive: isSame ? progress.consecutive + 1 : 1,
    failures: 0,
    observedCounts,
  }
}

function timedOut(run: Run, changes: Conclusion['changes']): Conclusion {
  return { changes, done: false, end: { state: 'timed-out', outcome: timedOutOutcome(run, changes.progress) } }
}

function ended(changes: Conclusion['changes'], state: FinalState, summary: string, providerDone: boolean): Conclusion {
  return { changes, done: false, end: { state, outcome: { summary, providerDone } } }
}
