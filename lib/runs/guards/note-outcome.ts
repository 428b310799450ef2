import { inParallel, throwFailures } from '../../basics/parallel.ts'
import type { Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { closedAnnouncement, closedAt, countedOutcomes } from './breaker.ts'
import { changeGuard, type TellingPorts } from './guard-record.ts'
import { type Recorded, type RunOutcome, recordOf, wordsOf } from './rule-record.ts'

/** As many as a breaker may look back. */
export const MAX_OUTCOMES = 20

const FAILED: readonly string[] = ['failed', 'timed-out', 'unknown']

/**
 * Notes how a run of an alarm ended, for the breakers of its rule and of its operation. It may be repeated. Thresholds are not
 * needed here: guards read the outcomes when they are asked, and the sweeper tells people that a breaker has opened.
 */
export async function noteOutcome(ports: TellingPorts, run: Run): Promise<void> {
  const { id: runId, source, sentAt, state, operation } = run
  if (source.kind !== 'alarm' || sentAt === undefined) return
  const outcome = { runId, isFailed: FAILED.includes(state), at: run.endedAt ?? run.updatedAt }
  const { failures } = await inParallel(recordedOf(operation, source.rule), (of) => noteIn(ports, of, outcome))
  throwFailures(failures)
}

/** What has a breaker for the run of an alarm. */
export function recordedOf(operation: string, rule: string | undefined): Recorded[] {
  return [...(rule === undefined ? [] : [`rule/${rule}` as const]), `operation/${operation}`]
}

async function noteIn(ports: TellingPorts, of: Recorded, outcome: RunOutcome): Promise<void> {
  const { runId, isFailed } = outcome
  await changeGuard(ports, recordOf(of), (before, nowMs) => {
    if (before.outcomes.some((one) => one.runId === runId)) return { answer: undefined }
    const isTrial = before.trial?.runId === runId
    // A success pushes a failure out of the newest runs. Without a failure there is nothing to write.
    if (!isFailed && !isTrial && !countedOutcomes(before).some((one) => one.isFailed)) return { answer: undefined }
    const outcomes = [...before.outcomes, outcome].toSorted((a, b) => (a.at < b.at ? -1 : 1)).slice(-MAX_OUTCOMES)
    const now = plusMs(nowMs, 0)
    if (isTrial && !isFailed) {
      const at = now > outcome.at ? now : outcome.at
      const reason = `run ${runId}, which was tried, has succeeded: alarms start runs of ${wordsOf(of)} again`
      const announce = [closedAnnouncement(of, { cause: runId, reason, at, runIds: [runId] })]
      return { write: { ...before, outcomes, ...closedAt(at) }, announce, answer: undefined }
    }
    const { trial, checkAt } = before
    const more = { trial: isTrial ? undefined : trial, checkAt: isFailed ? now : checkAt }
    return { write: { ...before, outcomes, ...more }, answer: undefined }
  })
}
