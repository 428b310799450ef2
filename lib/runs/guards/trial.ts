import type { Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { isFinal } from '../states.ts'
import { breakerState, breakerVerdict } from './breaker.ts'
import { changeGuard, type GuardPorts, type TellingPorts } from './guard-record.ts'
import { recordedOf } from './note-outcome.ts'
import { type Recorded, type RuleRecord, recordOf } from './rule-record.ts'
import { breakerOf, type GuardSettings } from './settings.ts'
import type { Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/**
 * Makes a run the one that is tried where a breaker is half-open. One conditional write decides which run that is.
 * @returns the verdict that refuses it where another run is tried
 */
export async function claimTrials(
  ports: TellingPorts,
  settings: GuardSettings,
  { run }: Subject,
): Promise<Verdict | undefined> {
  for (const of of recordedOf(run.operation, run.source.rule)) {
    const refused = await claimTrial(ports, { of, settings, runId: run.id })
    if (refused) return refused
  }
  return undefined
}

async function claimTrial(
  ports: TellingPorts,
  { of, settings, runId }: { of: Recorded; settings: GuardSettings; runId: string },
): Promise<Verdict | undefined> {
  const breaker = breakerOf(settings, of)
  if (breaker === 'off') return undefined
  return changeGuard<RuleRecord, Verdict | undefined>(ports, recordOf(of), async (before, nowMs) => {
    const record = await withoutLostTrial(ports, before)
    const verdict = breakerVerdict({ of, record, runId }, breaker, nowMs)
    if (verdict?.says === 'refuse') return { answer: verdict }
    const isHalfOpen = breakerState(record, breaker, nowMs).is === 'half-open'
    if (!isHalfOpen || record.trial) return { answer: undefined }
    return { write: { ...record, trial: { runId, at: plusMs(nowMs, 0) } }, answer: undefined }
  })
}

/** The record without a trial that has come to nothing: its run was never sent, or is no longer stored. */
export async function withoutLostTrial({ store }: GuardPorts, record: RuleRecord): Promise<RuleRecord> {
  if (!record.trial) return record
  return isOver(await store.get(record.trial.runId)) ? { ...record, trial: undefined } : record
}

/** The outcome of a run that was sent is noted before its end is. */
function isOver(run: Run | undefined): boolean {
  return !run || (isFinal(run.state) && (run.sentAt === undefined || run.notifiedAt !== undefined))
}
