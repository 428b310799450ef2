import type { CloudError, CloudErrorFacts } from '../cloud/errors.ts'
import { answeredText, hasAnsweredAlarm } from './lease/answered-alarm.ts'
import { type Held, hasEnded, MAX_WAITING, mayStillArrive } from './lease/held.ts'
import { SOUGHT, seenIn, soughtIn } from './observations.ts'
import type { Collision, Failure, Outcome, Progress, Run } from './run.ts'
import { type FinalState, isFinal } from './states.ts'

/** How a run ended, for people: all sentences that say it. */

/** The provider reports it done, and the resource shows it. @param note what that does not prove */
export function doneOutcome(
  run: Run,
  { proofs = [], note, nowMs }: { proofs?: string[] | undefined; note: string | undefined; nowMs: number },
): Outcome {
  const proven = proofs.join(', then ')
  const proof = note ? `${proven || 'the provider says so'}; but ${note}` : proven
  const seconds = Math.round((nowMs - Date.parse(run.sentAt ?? run.createdAt)) / 1000)
  const id = run.resource.split('/').at(-1)
  return { summary: `${run.operation} of ${id} is done after ${seconds} s: ${proof}`, providerDone: true }
}

/** @param why nobody looks any longer */
export function abandonedOutcome(why: string): Outcome {
  return { summary: `${why}; the provider's work may go on`, providerDone: false }
}

export const UNKNOWN_OPERATION = 'this release does not know the operation'

/** How a run ends whose deadline has passed. */
export function timedOutOutcome(run: Run, progress: Progress): Outcome {
  return {
    summary: `not done by ${run.deadlineAt}; the provider's work may go on. Seen: ${seenIn(progress)}`,
    providerDone: false,
  }
}

/** How a run ends of which nobody can tell whether it has begun. */
export function unknownOutcome({ operation, doubt, progress }: Run): NonNullable<Run['outcome']> {
  const why = doubt ? `no clear answer to ${operation}` : `the worker was lost while ${operation} was being sent`
  const seen = soughtIn(progress).map(([said, count]) => `${said.slice(SOUGHT.length)} x${count}`)
  return {
    summary: `${why}, which may have begun; looked for afterwards: ${seen.join(', ') || 'nothing'}. It is not sent again: check the instance or cluster, and its tasks, in the console`,
    providerDone: false,
    ...(doubt ? { error: doubt } : {}),
  }
}

/** Nothing was sent. @param hint what to do about it */
export function notSent(run: Run, why: string, hint?: string): Outcome {
  const { preparation = 'what must precede it' } = run
  const nothing = run.preparedAt ? `nothing was done but ${preparation}` : 'nothing was done'
  // The backup that was asked for may be at work; once the operation itself was sent, it had ended.
  const providerDone = run.preparedAt === undefined || run.sentAt !== undefined
  return { summary: `${nothing}: ${why}${hint ? `. ${hint}` : ''}`, providerDone }
}

/** What to do about a refusal. @param preparation of the operation, where it was not asked for and would help */
export function hintFor({ kind }: CloudErrorFacts, preparation: { hint: string } | undefined): string | undefined {
  return kind === 'precondition' ? preparation?.hint : HINTS[kind]
}

const HINTS: Partial<Record<CloudErrorFacts['kind'], string>> = {
  unauthenticated: 'Check the account: its name, its keys, and the clock',
  denied: 'Give the account the permission for this action',
  'not-found': 'Check the ids, the account and the region',
}

export function tooLate(run: Run): string {
  const last = run.progress.lastObserved ? `; the last answer was: ${run.progress.lastObserved}` : ''
  return `the deadline ${run.deadlineAt} came before it could be sent${last}`
}

export function errorOf({ facts, message }: CloudError): Failure {
  return { kind: facts.kind, ...(facts.code ? { code: facts.code } : {}), message }
}

/** Why a run is refused: who has its resource; or, where it would wait, that too many do. */
export function refusal(
  { collision, limits }: Pick<Run, 'collision' | 'limits'>,
  { holder, until, by }: Held,
  nowMs: number,
): string {
  const { runId, operation, since } = holder
  if (hasAnsweredAlarm(by, limits?.began)) return answeredText(by, limits?.began?.settleMs)
  if (hasEnded(by) && !mayStillArrive(by, nowMs))
    return `skipped, for run ${runId} (${operation}) had it when this was asked for, and ${by.state} since`
  const doubt = isFinal(by.state) ? `, which ended as ${by.state}; ${reserved(by)}` : ''
  const unsent = by.state === 'queued' ? `; it was not sent yet, and may be cancelled` : ''
  const who = `run ${runId} (${operation}) has it since ${since}${doubt}, until it has ended or ${until}${unsent}`
  return `${REFUSED_FOR[collision]}${who}`
}

function reserved(by: Run): string {
  return hasEnded(by)
    ? `its call, which had no answer, may arrive until ${by.mayArriveUntil}`
    : 'unless it is seen at rest, it stays reserved'
}

const REFUSED_FOR: Record<Collision, string> = {
  reject: '',
  skip: 'skipped, for ',
  queue: `${MAX_WAITING} runs wait for it already; `,
}

/** One wish was withdrawn, or came to nothing, before anything was sent; whoever joined it still stands. */
export function cameToNothing({ state }: Run): boolean {
  return state === 'cancelled' || state === 'refused'
}

/** How those end that joined a run; undefined while that goes on, or where they stand by themselves. */
export function sharedEnd(leader: Run): { state: FinalState; outcome: Outcome } | undefined {
  const { id, state, outcome } = leader
  if (!isFinal(state) || !outcome || cameToNothing(leader)) return undefined
  return { state, outcome: { ...outcome, summary: `as run ${id}, which it joined: ${outcome.summary}` } }
}

/** The run that it joined has not ended in time. */
export function leaderLateOutcome({ attachedTo, deadlineAt }: Run): Outcome {
  return { summary: `run ${attachedTo}, which it joined, did not end by ${deadlineAt}`, providerDone: true }
}

/** The run that it joined is not stored any more. */
export function leaderGoneOutcome({ attachedTo }: Run): Outcome {
  return { summary: `run ${attachedTo}, which it joined, is gone`, providerDone: true }
}
