import { CATALOGUE } from '../cloud/catalogue.ts'
import type { CloudError, CloudErrorFacts } from '../cloud/errors.ts'
import { mayPass } from '../cloud/retry.ts'
import type { Ports } from './ports.ts'
import type { Prepared } from './prepare.ts'
import { BEFORE, counted } from './progress.ts'
import type { Failure, Outcome, Run } from './run.ts'
import { busyDelaySeconds, IN_HAND_MS, plusMs, pollDelaySeconds } from './schedule.ts'
import { advance, end } from './transition.ts'

/** What becomes of a run that could not be sent: it waits for better times, or it ends and says why. */

/** The provider refused it, or was not reached. */
export async function notBegun(ports: Ports, run: Run, error: CloudError): Promise<void> {
  const busyAnswers = run.busyAnswers + 1
  const delay = Math.max(busyDelaySeconds(busyAnswers, ports.random()), (error.facts.retryAfterMs ?? 0) / 1000)
  const afterMs = delay * 1000
  const deadlineAt = run.sendByAt ?? run.deadlineAt
  const { byState, otherShape } = error.facts
  // The gate lets it through, the cloud does not: what it shows may lag, but not for so long.
  const stateRefusals = byState || otherShape ? (run.stateRefusals ?? 0) + 1 : 0
  const insists = error.facts.kind === 'precondition' && isPrepared(run) && !run.insists && !run.preparedAt
  const isHopeless =
    (!mayPass(error.facts) && !insists) || stateRefusals >= (byState ? MAX_STATE_REFUSALS : MAX_OTHER_SHAPES)
  if (isHopeless || plusMs(ports.clock(), afterMs + IN_HAND_MS.submit) > deadlineAt) {
    const outcome = { ...notSent(run, error.message, error.facts), error: errorOf(error) }
    return end(ports, { ...run, sentAt: undefined, sendByAt: undefined, deadlineAt }, 'failed', outcome)
  }
  const progress = { ...run.progress, said: error.message }
  const unsent = { sentAt: undefined, sendByAt: undefined, deadlineAt, stateRefusals, ...(insists ? { insists } : {}) }
  await advance(ports, run, { afterMs, state: 'queued', busyAnswers, progress, ...unsent })
}

/** Whether it was asked to prepare it: what the cloud found is not good enough, and one of its own is made, once. */
function isPrepared({ operation, params }: Run): boolean {
  return (CATALOGUE.get(operation)?.preparation?.minutes(params) ?? 0) > 0
}

/** Over nearly four minutes: a status lags for up to two. */
const MAX_STATE_REFUSALS = 5

/** What nobody could read so often will not be readable the next time. */
const MAX_OTHER_SHAPES = 3

/** How long until a preparation is looked at again. */
const PREPARATION = { firstWaitSeconds: 15, everySeconds: 15 }

export async function notReady(ports: Ports, prepared: Exclude<Prepared, 'ready'>): Promise<void> {
  if (prepared === 'lost') return
  if ('refused' in prepared) {
    const error = prepared.error ? { error: errorOf(prepared.error) } : {}
    // What was asked for before it has ended, one way or the other.
    const outcome = { ...notSent(prepared.run, prepared.refused), providerDone: true }
    return end(ports, prepared.run, 'failed', { ...outcome, ...error })
  }
  if ('failure' in prepared) return notBegun(ports, prepared.run, prepared.failure)
  const afterMs = pollDelaySeconds(PREPARATION, 0, ports.random()) * 1000
  const seen = counted(prepared.run.progress.seen, `${BEFORE}${prepared.wait}`)
  const progress = { ...prepared.run.progress, said: prepared.wait, seen }
  await advance(ports, prepared.run, { afterMs, progress })
}

export function notSent(run: Run, why: string, facts?: CloudErrorFacts): Outcome {
  const { preparation } = CATALOGUE.get(run.operation) ?? {}
  const nothing = preparation && run.preparedAt ? `nothing was done but ${preparation.name}` : 'nothing was done'
  const canPrepare = preparation !== undefined && !isPrepared(run)
  // The backup that was asked for may be at work; once the operation itself was sent, it had ended.
  const providerDone = run.preparedAt === undefined || run.sentAt !== undefined
  const hint = facts && (facts.kind !== 'precondition' || canPrepare) ? HINTS[facts.kind] : undefined
  return { summary: `${nothing}: ${why}${hint ? `. ${hint}` : ''}`, providerDone }
}

const HINTS: Partial<Record<CloudErrorFacts['kind'], string>> = {
  precondition: 'Ask again with params {"ensureBackup": true}, and a backup is made first',
  unauthenticated: 'Check the account: its name, its keys, and the clock',
  denied: 'Give the account the permission for this action',
  'not-found': 'Check the ids, the account and the region',
}

export function tooLate(run: Run): string {
  const last = run.progress.said ? `; the last answer was: ${run.progress.said}` : ''
  return `the deadline ${run.deadlineAt} came before it could be sent${last}`
}

export function errorOf({ facts, message }: CloudError): Failure {
  return { kind: facts.kind, ...(facts.code ? { code: facts.code } : {}), message }
}
