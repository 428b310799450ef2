import type { LifecycleOperation } from '../cloud/lifecycle.ts'
import type { Tracking } from '../cloud/tracking.ts'
import type { Run } from './run.ts'

/** SQS refuses a longer delay (SendMessage, `DelaySeconds`); what is further away takes several hops. */
const MAX_DELAY_SECONDS = 900

/** How long after the planned time the sweeper thinks that a message was lost. It runs every minute: re-armed within 90 s. */
export const OVERDUE_AFTER_MS = 30_000

/**
 * How long a worker may hold what it has begun before somebody else looks after it: longer than the time-outs of the
 * functions submit-run (30 s) and poll-run (20 s), after which Lambda has killed them.
 */
export const IN_HAND_MS = { submit: 35_000, poll: 25_000 } as const

/** Probes grow apart by a fifth each time, up to a minute: a restart of half an hour costs about forty. */
const GROWTH = 1.2
const MAX_POLL_SECONDS = 60

/** The longest run, of 24 h, takes half as many; a run that wanders through more ends. */
export const MAX_STEPS = 3_000

/** Seconds to wait before poll number `step` (0 = the first). @param random uniform in [0, 1), spreads a batch by +-10 % */
export function pollDelaySeconds(
  tracking: Pick<Tracking<never>, 'firstWaitSeconds' | 'everySeconds'>,
  step: number,
  random: number,
): number {
  const base = step === 0 ? tracking.firstWaitSeconds : tracking.everySeconds * GROWTH ** (step - 1)
  return clampDelay(Math.min(MAX_POLL_SECONDS, base) * (0.9 + 0.2 * random))
}

/** Seconds to wait before a busy resource is asked again: 15 s, doubling to two minutes. */
export function busyDelaySeconds(busyAnswers: number, random: number): number {
  return clampDelay(Math.min(120, 15 * 2 ** (busyAnswers - 1)) * (0.9 + 0.2 * random))
}

/** Whole seconds within what SQS takes. */
export function clampDelay(seconds: number): number {
  return Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.ceil(seconds)))
}

export function plusMs(instant: string | number, ms: number): string {
  return new Date(new Date(instant).getTime() + ms).toISOString()
}

/** Clocks of two hosts may differ a little; more than that before its time, a message waits on. */
const CLOCK_SKEW_MS = 2_000

export function isEarly(nextAt: string, nowMs: number): boolean {
  return new Date(nextAt).getTime() - nowMs > CLOCK_SKEW_MS
}

/** The time that a wish has from when it is accepted until it must have ended, or been sent. */
export function givenMs({ tracking, preparation }: LifecycleOperation, params: Run['params']): number {
  return (tracking.deadlineMinutes + (preparation?.minutes(params) ?? 0)) * 60_000
}

/** A run that was sent sooner than this has not waited. */
const PROMPT_MS = 60_000

/** When the run must have ended: what had to wait, or whose length only the baseline tells, needs more time than it was given. */
export function deadlineOf(run: Run, { tracking }: LifecycleOperation, nowMs: number): string {
  const { target, params, baseline, deadlineAt, createdAt } = run
  const minutes = tracking.moreMinutes?.({ target, params, baseline }) ?? 0
  const needed = plusMs(nowMs, (tracking.deadlineMinutes + minutes) * 60_000)
  const waited = nowMs - Date.parse(createdAt) > PROMPT_MS
  return (minutes > 0 || waited) && needed > deadlineAt ? needed : deadlineAt
}
