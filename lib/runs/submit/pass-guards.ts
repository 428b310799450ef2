import type { LifecycleOperation } from '../../services/lifecycle.ts'
import { judge } from '../guards/judge.ts'
import { notePauseUsed, pauseOf, pausesInForce } from '../guards/pauses.ts'
import { DEFAULT_GUARDS, type GuardSettings } from '../guards/settings.ts'
import { type Subject, subjectOf } from '../guards/subject.ts'
import { claimTrials } from '../guards/trial.ts'
import { decisionOf, type Verdict } from '../guards/verdict.ts'
import { notSent } from '../outcomes.ts'
import type { RecordPorts } from '../ports.ts'
import type { Run } from '../run.ts'
import { allowedMs, plusMs } from '../schedule.ts'
import { advance, claim, end } from '../transition.ts'

/** A guard without a known end is asked again so soon. */
const ASK_AGAIN_MS = 60_000

/** A run that no rule bounds waits so long for its guards at most. */
const LONGEST_WAIT_MS = 24 * 3600 * 1000

/**
 * Asks all guards right before a run takes its resource. One that must wait leaves its resource to others meanwhile.
 * @returns the run with its verdicts; undefined where it waits, or has ended as refused
 * @throws {Error} where a guard cannot be asked: its message comes back
 */
export async function passGuards(
  ports: RecordPorts,
  { run, operation }: { run: Run; operation: LifecycleOperation },
): Promise<Run | undefined> {
  const settings = ports.guards ?? DEFAULT_GUARDS
  const subject = subjectOf(run, settings)
  const asked = await judge(ports, settings, subject)
  const verdicts = await withTrial(ports, { settings, subject, asked })
  const decision = decisionOf(verdicts)
  const judged = verdicts.length > 0 ? { ...run, verdicts } : run
  if (decision.says === 'allow') return free(ports, judged)
  const { verdict } = decision
  if (decision.says === 'wait') return void (await wait(ports, { run, operation, subject }, { verdict, verdicts }))
  await end(ports, judged, { state: 'refused', outcome: notSent(run, verdict.reason) })
  return undefined
}

/** Where a breaker lets one run try, all guards having allowed this one, it must be the first to ask. */
async function withTrial(
  ports: RecordPorts,
  { settings, subject, asked }: { settings: GuardSettings; subject: Subject; asked: Verdict[] },
): Promise<Verdict[]> {
  const isHalfOpen = asked.some(({ guard, says }) => guard === 'breaker' && says === 'allow')
  if (!isHalfOpen || decisionOf(asked).says !== 'allow') return asked
  const refused = await claimTrials(ports, settings, subject)
  return refused ? [...asked.filter(({ guard }) => guard !== 'breaker'), refused] : asked
}

/** While it waited, another run may have taken its resource: that must see that it waits no more. */
async function free(ports: RecordPorts, run: Run): Promise<Run | undefined> {
  if (run.heldBackUntil === undefined) return run
  const { heldBackUntil, ...released } = run
  return claim(ports, { ...released, wasHeldBack: true }, { forMs: ASK_AGAIN_MS })
}

interface Waiting {
  run: Run
  operation: LifecycleOperation
  subject: Subject
}

/** Lets a run wait until its guards are asked again, if it may still be sent then. @param options `againMs`: where no end is known */
export async function wait(
  ports: RecordPorts,
  { run, operation, subject }: Waiting,
  { verdict, verdicts, againMs: afterMs = ASK_AGAIN_MS }: { verdict: Verdict; verdicts: Verdict[]; againMs?: number },
): Promise<void> {
  const nowMs = ports.clock()
  const lastMs = Date.parse(run.notAfter ?? plusMs(run.createdAt, LONGEST_WAIT_MS))
  const againMs = verdict.until === undefined ? nowMs + afterMs : Math.max(Date.parse(verdict.until), nowMs + 1_000)
  if (againMs > lastMs) {
    const text = `${verdict.reason}; it may be sent until ${plusMs(lastMs, 0)} only`
    return void (await end(ports, { ...run, verdicts }, { state: 'refused', outcome: notSent(run, text) }))
  }
  const deadlineMs = Math.max(Date.parse(run.deadlineAt), againMs + allowedMs(operation, run.params))
  const progress = { ...run.progress, lastObserved: verdict.reason }
  const times = { heldBackUntil: plusMs(againMs, 0), deadlineAt: plusMs(deadlineMs, 0) }
  await advance(ports, run, { afterMs: againMs - nowMs, progress, verdicts, ...times })
  if (verdict.guard !== 'pause') return
  const pause = pauseOf(await pausesInForce(ports), subject)
  if (pause) await notePauseUsed(ports, pause, run.id)
}
