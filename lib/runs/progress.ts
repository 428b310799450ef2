import { CloudError, type ErrorKind } from '../cloud/errors.ts'
import type { Observation, Probe, Verdict } from '../cloud/tracking.ts'
import type { Outcome, Progress, Run } from './run.ts'
import type { FinalState } from './states.ts'

/** What one look means for the run. Pure. */
export interface Conclusion {
  progress: Progress
  /** The probe's work is over: verify next, or succeed. */
  done: boolean
  end?: { state: FinalState; outcome: Outcome }
  /** What success does not prove. */
  note?: string
}

/** Answers that another look will not change: what was looked for is not there. */
const GONE: ReadonlySet<ErrorKind> = new Set(['not-found', 'invalid', 'unsupported', 'input'])

/** So often in a row, and so long after acceptance, the run ends: a new job may take a while to be found. */
const MAX_GONE = 3
const GONE_AFTER_MS = 120_000

/** The provider says done, the resource does not show it: after so many looks that say the same, for so long, it has failed. */
const MIN_VERIFY_LOOKS = 3
const PATIENCE_SECONDS = 300

export function conclude(run: Run, probe: Probe<unknown>, seen: Observation | CloudError, nowMs: number): Conclusion {
  const late = nowMs >= new Date(run.deadlineAt).getTime()
  if (seen instanceof CloudError) return concludeError(run, probe, seen, nowMs, late)
  const progress = advance(run.progress, seen, run.state === 'verifying' ? `${probe.name} ` : '', nowMs)
  const verdict = verdictOf(run, probe, seen, progress, nowMs)
  if (verdict === 'failed') {
    const why = seen.detail ? `${seen.said}: ${seen.detail}` : seen.said
    return ended(progress, 'failed', `the cloud reports failure: ${probe.name} ${why}`, true)
  }
  if (verdict === 'done') {
    return { progress: { ...progress, streak: 0 }, done: true, ...(seen.detail ? { note: seen.detail } : {}) }
  }
  if (run.state === 'verifying' && hasStalled(run, probe, seen, progress, nowMs)) {
    const summary = `the provider reports its work as done, but the resource does not show it: ${probe.name} ${seen.said}`
    return ended(progress, 'failed', seen.detail ? `${summary}, ${seen.detail}` : summary, true)
  }
  return late ? timedOut(run, progress) : { progress, done: false }
}

/** What a series of looks means, where one look alone may mislead. */
function verdictOf(run: Run, probe: Probe<unknown>, seen: Observation, progress: Progress, nowMs: number): Verdict {
  const settled = !seen.listed && !seen.asBefore && progress.streak >= (probe.settledAfter ?? Number.POSITIVE_INFINITY)
  if (settled) return 'done'
  if (progress.streak < probe.consecutive) return 'pending'
  const changeSeen = Object.keys(progress.seen).some(
    (said) => said !== seen.said && ![ERROR, BEFORE, SOUGHT].some((prefix) => said.startsWith(prefix)),
  )
  if (!seen.asBefore || changeSeen) return seen.verdict
  // It never looked otherwise than before: either the work has not begun, or it was too short to be seen.
  const since = nowMs - acceptedMs(run)
  return seen.verdict === 'done' && since >= (probe.unchangedSeconds ?? 0) * 1000 ? 'done' : 'pending'
}

function hasStalled(run: Run, probe: Probe<unknown>, seen: Observation, progress: Progress, nowMs: number): boolean {
  const unchangedMs = nowMs - new Date(progress.since ?? nowMs).getTime()
  // Where nothing at all has changed yet, the work may still be to begin.
  const own = probe.patienceSeconds?.(run.params) ?? PATIENCE_SECONDS
  const patienceSeconds = seen.asBefore ? Math.max(PATIENCE_SECONDS, own) : own
  return unchangedMs >= patienceSeconds * 1000 && !seen.atWork && progress.streak >= MIN_VERIFY_LOOKS
}

function acceptedMs(run: Run): number {
  return new Date(run.acceptedAt ?? run.createdAt).getTime()
}

/** How a run ends whose deadline has passed. */
export function timedOutOutcome(run: Run, progress: Progress): Outcome {
  const seen = Object.entries(progress.seen).map(([said, count]) => `${said} x${count}`)
  return {
    summary: `not done by ${run.deadlineAt}; the provider's work may go on. Seen: ${seen.join(', ') || 'nothing'}`,
    providerDone: false,
  }
}

const ERROR = 'error '

/** Marks what was seen before the operation was sent: of its own progress it says nothing. */
export const BEFORE = 'before '

/** Marks what was seen instead of it, when its answer was lost. */
export const SOUGHT = 'sought '

function concludeError(run: Run, probe: Probe<unknown>, error: CloudError, nowMs: number, late: boolean): Conclusion {
  const { kind, code } = error.facts
  const failures = GONE.has(kind) ? run.progress.failures + 1 : 0
  const seen = counted(run.progress.seen, `${ERROR}${code ?? kind}`)
  const progress = { ...run.progress, failures, streak: 0, seen }
  if (run.state === 'verifying' && probe.dispensable && (kind === 'unsupported' || kind === 'invalid')) {
    return { progress, done: true, note: `the resource itself cannot be looked at: ${error.message}` }
  }
  if (failures >= MAX_GONE && nowMs - acceptedMs(run) >= GONE_AFTER_MS) {
    return ended(progress, 'unknown', `its progress can no longer be seen: ${error.message}`, false)
  }
  return late ? timedOut(run, progress) : { progress, done: false }
}

function advance(progress: Progress, { said }: Observation, prefix: string, nowMs: number): Progress {
  const isSame = said === progress.said
  const since = (isSame && progress.since) || new Date(nowMs).toISOString()
  const seen = counted(progress.seen, `${prefix}${said}`)
  return { said, since, streak: isSame ? progress.streak + 1 : 1, failures: 0, seen }
}

/** A cloud that invents values must not grow the record without bound. */
const MAX_VALUES = 30

export function counted(seen: Progress['seen'], said: string): Progress['seen'] {
  const known = Object.hasOwn(seen, said)
  const key = known || Object.keys(seen).length < MAX_VALUES ? said : 'others'
  return { ...seen, [key]: (seen[key] ?? 0) + 1 }
}

function timedOut(run: Run, progress: Progress): Conclusion {
  return { progress, done: false, end: { state: 'timed-out', outcome: timedOutOutcome(run, progress) } }
}

function ended(progress: Progress, state: FinalState, summary: string, providerDone: boolean): Conclusion {
  return { progress, done: false, end: { state, outcome: { summary, providerDone } } }
}
