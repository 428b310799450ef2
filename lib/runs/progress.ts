import { CloudError, type ErrorKind } from '../cloud/errors.ts'
import type { Observation, Probe } from '../cloud/tracking.ts'
import type { Outcome, Progress, Run } from './run.ts'
import type { FinalState } from './states.ts'

/** What one look means for the run. Pure. */
export interface Conclusion {
  progress: Progress
  /** The probe's work is over: verify next, or succeed. */
  done: boolean
  end?: { state: FinalState; outcome: Outcome }
}

/** Answers that another look will not change: what was looked for is not there. Seen so often in a row, the run ends. */
const GONE: ReadonlySet<ErrorKind> = new Set(['not-found', 'invalid', 'unsupported', 'input'])
const MAX_GONE = 3

/** The provider says done, the resource does not show it: after so many looks that say the same, the run has failed. */
const MAX_VERIFY_LOOKS = 12

export function conclude(run: Run, probe: Probe<unknown>, seen: Observation | CloudError, nowMs: number): Conclusion {
  const late = nowMs >= new Date(run.deadlineAt).getTime()
  if (seen instanceof CloudError) return concludeError(run, seen, late)
  const progress = advance(run.progress, seen, run.state === 'verifying' ? `${probe.name} ` : '')
  if (seen.verdict === 'failed') {
    const why = seen.detail ? `${seen.said}: ${seen.detail}` : seen.said
    return ended(progress, 'failed', `the cloud reports failure: ${probe.name} ${why}`, true)
  }
  const settled = !seen.listed && probe.settledAfter !== undefined && progress.streak >= probe.settledAfter
  if (settled || (seen.verdict === 'done' && progress.streak >= probe.consecutive)) {
    return { progress: { ...progress, streak: 0 }, done: true }
  }
  if (run.state === 'verifying' && progress.streak >= MAX_VERIFY_LOOKS) {
    const summary = `the provider reports its work as done, but the resource does not show it: ${probe.name} ${seen.said}`
    return ended(progress, 'failed', summary, true)
  }
  return late ? timedOut(run, progress) : { progress, done: false }
}

/** How a run ends whose deadline has passed. */
export function timedOutOutcome(run: Run, progress: Progress): Outcome {
  const seen = Object.entries(progress.seen).map(([said, count]) => `${said} x${count}`)
  return {
    summary: `not done by ${run.deadlineAt}; the provider's work may go on. Seen: ${seen.join(', ') || 'nothing'}`,
    providerDone: false,
  }
}

function concludeError(run: Run, error: CloudError, late: boolean): Conclusion {
  const { kind, code } = error.facts
  const failures = GONE.has(kind) ? run.progress.failures + 1 : 0
  const progress = { ...run.progress, failures, seen: counted(run.progress.seen, `error ${code ?? kind}`) }
  if (failures >= MAX_GONE)
    return ended(progress, 'unknown', `its progress can no longer be seen: ${error.message}`, false)
  return late ? timedOut(run, progress) : { progress, done: false }
}

function advance(progress: Progress, seen: Observation, prefix: string): Progress {
  const streak = seen.said === progress.said ? progress.streak + 1 : 1
  return { said: seen.said, streak, failures: 0, seen: counted(progress.seen, `${prefix}${seen.said}`) }
}

/** A cloud that invents values must not grow the record without bound. */
const MAX_VALUES = 30

function counted(seen: Progress['seen'], said: string): Progress['seen'] {
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
