import type { LifecycleOperation } from '../services/lifecycle.ts'
import type { Tracking } from '../services/tracking.ts'
import type { QueueName } from './messages.ts'
import type { Run } from './run.ts'

/** SQS refuses a longer delay (SendMessage, `DelaySeconds`); a longer wait needs several messages. */
const MAX_DELAY_SECONDS = 900

/** The time after which the sweeper takes a planned message for lost. It runs every minute. */
const OVERDUE_AFTER_MS = 30_000

/** The sweeper's date of a run is written so far ahead, by the queue that continues it: a lost message is found that much later, at most. */
export const HEARTBEAT_SLACK_MS: Readonly<Record<QueueName, number>> = { submissions: 60_000, polls: 135_000 }

/** A message that waits in a long queue is not lost: from the second re-arm on, each waits twice as long, up to this. */
const MAX_OVERDUE_AFTER_MS = 4 * 60_000

/** @param rearms how many messages were sent for the same step already */
export function overdueAfterMs(rearms: number): number {
  return Math.min(MAX_OVERDUE_AFTER_MS, OVERDUE_AFTER_MS * 2 ** Math.max(0, rearms - 1))
}

/**
 * How long a worker's claim on a run that it is about to send keeps others away: longer than the time-out of submit-run (30 s),
 * after which Lambda has killed it. A poll claims nothing.
 */
export const CLAIM_MS = 35_000

/** Polls grow apart with the age of the work, up to these bounds: a restart of ten minutes needs about twenty. */
const SHARE_OF_AGE = 0.4
const MAX_POLL_SECONDS = 45
const LONG_MS = 15 * 60_000
const MAX_LONG_POLL_SECONDS = 60

/** The longest run, of 24 h, needs half as many; a run that exceeds it ends. */
export const MAX_STEPS = 3_000

/**
 * Seconds to wait before the next observation.
 * @param ageMs how long the work has been tracked; 0 = before the first observation
 * @param random uniform in [0, 1), spreads a batch by +-10 %
 */
export function pollDelaySeconds(
  tracking: Pick<Tracking<never>, 'firstWaitSeconds' | 'everySeconds'>,
  ageMs: number,
  random: number,
): number {
  const atMost = ageMs > LONG_MS ? MAX_LONG_POLL_SECONDS : MAX_POLL_SECONDS
  const grown = Math.min(atMost, Math.max(tracking.everySeconds, (SHARE_OF_AGE * ageMs) / 1000))
  return clampDelay((ageMs > 0 ? grown : tracking.firstWaitSeconds) * (0.9 + 0.2 * random))
}

/** Seconds to wait before a busy resource is tried again: 15 s, doubling to two minutes. */
export function busyDelaySeconds(busyAnswers: number, random: number): number {
  return clampDelay(Math.min(120, 15 * 2 ** (busyAnswers - 1)) * (0.9 + 0.2 * random))
}

/** Whole seconds within the bounds of SQS. */
export function clampDelay(seconds: number): number {
  return Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(seconds)))
}

export function plusMs(instant: string | number, ms: number): string {
  return new Date(new Date(instant).getTime() + ms).toISOString()
}

/** Clocks of two hosts may differ a little. */
const CLOCK_SKEW_MS = 5_000

/**
 * The margin wherever only the clocks of two hosts decide: the sweeper waits so much longer before it ends a run, and a re-arm
 * is due even for a host that is behind by so much.
 */
export const CLOCKS_APART_MS = 2 * 60_000

/** Whether a message comes early. If the run was changed in the future, the clocks differ and nothing is early. */
export function isEarly({ nextAt, updatedAt }: Pick<Run, 'nextAt' | 'updatedAt'>, nowMs: number): boolean {
  return Date.parse(nextAt) - nowMs > CLOCK_SKEW_MS && Date.parse(updatedAt) - nowMs <= CLOCK_SKEW_MS
}

/** Whether the run waits longer than a queue delays a message, so that an early message must be requeued. */
export function needsRequeue({ nextAt, updatedAt }: Pick<Run, 'nextAt' | 'updatedAt'>): boolean {
  return Date.parse(nextAt) - Date.parse(updatedAt) > MAX_DELAY_SECONDS * 1000
}

/** The time allowed from the acceptance of a request until it must have ended, or been sent. */
export function allowedMs({ tracking, preparation }: LifecycleOperation, params: Run['params']): number {
  return (tracking.deadlineMinutes + (preparation?.minutes(params) ?? 0)) * 60_000
}

/** A run that was sent sooner than this has not waited. */
const PROMPT_MS = 60_000

/** When the run must have ended: one that had to wait, or whose length depends on the baseline, gets more time. */
export function extendedDeadline(run: Run, { tracking }: LifecycleOperation, nowMs: number): string {
  const { target, params, baseline, deadlineAt, createdAt } = run
  const minutes = tracking.moreMinutes?.({ target, params, baseline }) ?? 0
  const needed = plusMs(nowMs, (tracking.deadlineMinutes + minutes) * 60_000)
  const waited = nowMs - Date.parse(createdAt) > PROMPT_MS
  return (minutes > 0 || waited) && needed > deadlineAt ? needed : deadlineAt
}
