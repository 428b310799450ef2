import type { CloudError, CloudErrorFacts } from '../cloud/errors.ts'
import { answeredText, hasAnsweredAlarm } from './answered-alarm.ts'
import { type Held, hasEnded, MAX_WAITING, mayStillArrive } from './held.ts'
import { EVIDENCE_PREFIX, evidenceCounts, observedText } from './observations.ts'
import type { Collision, Failure, Outcome, Progress, Run } from './run.ts'
import { type FinalState, isFinal } from './states.ts'

/** The end of a run: its final state, and its outcome in words for people. */
export interface Ending {
  state: FinalState
  outcome: Outcome
  /** The person or system that cancelled it. */
  cancelledBy?: string
}

/** The provider reports the work as done, and the resource shows it. @param note what that does not prove */
export function succeededOutcome(
  run: Run,
  { proofs = [], note, nowMs }: { proofs?: string[] | undefined; note: string | undefined; nowMs: number },
): Outcome {
  const proof = proofs.join(', then ') || 'the provider says so'
  const seconds = Math.round((nowMs - Date.parse(run.sentAt ?? run.createdAt)) / 1000)
  const id = run.resource.split('/').at(-1)
  const summary = `${run.operation} of ${id} succeeded: ${proof} (after ${seconds} s)${note ? `; but ${note}` : ''}`
  return { summary, providerDone: true }
}

/** @param why nobody observes the run any longer */
export function abandonedOutcome(why: string): Outcome {
  return { summary: `${why}; the provider's work may go on`, providerDone: false }
}

export const UNKNOWN_OPERATION = 'this release does not know the operation'

/** The deadline of a run that was sent has passed. */
export function timedOutOutcome(run: Run, progress: Progress): Outcome {
  return {
    summary: `not done by ${run.deadlineAt}; the provider's work may go on. Observed: ${observedText(progress)}`,
    providerDone: false,
  }
}

/** Nobody can tell whether the run has begun. */
export function unknownOutcome({ operation, doubt, progress }: Run): NonNullable<Run['outcome']> {
  const why = doubt ? `no clear answer to ${operation}` : `the worker was lost while ${operation} was being sent`
  const observed = evidenceCounts(progress).map(([text, count]) => `${text.slice(EVIDENCE_PREFIX.length)} x${count}`)
  return {
    summary: `${why}, which may have begun. Observed afterwards: ${observed.join(', ') || 'nothing'}. It is not sent again: check the instance or cluster, and its tasks, in the console`,
    providerDone: false,
    ...(doubt ? { error: doubt } : {}),
  }
}

/** Nothing was sent. @param hint what to do about it */
export function notSent(run: Run, why: string, hint?: string): Outcome {
  const { preparation = 'its preparation' } = run
  const nothing = run.preparedAt ? `nothing was done but ${preparation}` : 'nothing was done'
  // The backup that was asked for may be in progress; once the operation itself was sent, it had ended.
  const providerDone = run.preparedAt === undefined || run.sentAt !== undefined
  return { summary: `${nothing}: ${why}${hint ? `. ${hint}` : ''}`, providerDone }
}

/** Advice about a refusal. @param preparation of the operation, if it was not requested and would help */
export function hintFor(
  { kind, unsent }: CloudErrorFacts,
  preparation: { hint: string } | undefined,
): string | undefined {
  // Our own settings are the reason, and the message names the one.
  if (unsent) return undefined
  return kind === 'precondition' ? preparation?.hint : HINTS[kind]
}

const HINTS: Partial<Record<CloudErrorFacts['kind'], string>> = {
  unauthenticated: 'Check the keys of the account, and the clock',
  denied: 'Give the account the permission for this action',
  'not-found': 'Check the ids, the account and the region',
}

export function tooLateText(run: Run): string {
  const last = run.progress.lastObserved ? `; the last answer was: ${run.progress.lastObserved}` : ''
  return `the deadline ${run.deadlineAt} passed before it could be sent${last}`
}

export function errorOf({ facts, message }: CloudError): Failure {
  return { kind: facts.kind, ...(facts.code ? { code: facts.code } : {}), message }
}

/** Why a run is refused: another has its resource or, where it would wait, too many wait already. */
export function collisionText(
  { collision, limits }: Pick<Run, 'collision' | 'limits'>,
  { holder, until, by }: Held,
  nowMs: number,
): string {
  const { runId, operation, since } = holder
  if (hasAnsweredAlarm(by, limits?.began)) return answeredText(by, limits?.began?.settleMs)
  const run = `run ${runId} (${operation})`
  if (hasEnded(by) && !mayStillArrive(by, nowMs))
    return `skipped: ${run} had the resource when this was requested, and ended as ${by.state} since`
  return `${REFUSED_FOR[collision]}${run} has had the resource since ${since}${reservedText(by, until)}`
}

function reservedText(by: Run, until: string): string {
  if (by.state === 'queued') return `, until it ends or ${until}; it was not sent yet, and may be cancelled`
  if (!isFinal(by.state)) return `, until it ends or ${until}`
  const why = hasEnded(by)
    ? `its unanswered call may arrive until ${by.mayArriveUntil}, and the resource stays reserved for so long`
    : `the resource stays reserved until it is seen at rest, or until ${until}`
  return ` and ended as ${by.state}, but ${why}`
}

const REFUSED_FOR: Record<Collision, string> = {
  reject: '',
  skip: 'skipped: ',
  queue: `${MAX_WAITING} runs already wait for the resource; `,
}

/** The run was cancelled or refused before anything was sent. A run that joined it is still to be carried out. */
export function endedUnsent({ state }: Run): boolean {
  return state === 'cancelled' || state === 'refused'
}

/** The end of a run that joined another; undefined while that continues, or where this one must be carried out by itself. */
export function sharedEnd(leader: Run): Ending | undefined {
  const { id, state, outcome } = leader
  if (!isFinal(state) || !outcome || endedUnsent(leader)) return undefined
  return { state, outcome: { ...outcome, summary: `as run ${id}, which it joined: ${outcome.summary}` } }
}

/** The run that it joined has not ended in time. */
export function leaderLateOutcome({ attachedTo, deadlineAt }: Run): Outcome {
  return { summary: `run ${attachedTo}, which it joined, did not end by ${deadlineAt}`, providerDone: true }
}

/** The run that it joined is not stored any more. */
export function leaderGoneOutcome({ attachedTo }: Run): Outcome {
  return { summary: `run ${attachedTo}, which it joined, is not stored any more`, providerDone: true }
}
