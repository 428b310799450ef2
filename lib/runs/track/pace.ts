import type { RunOperation } from '../cloud-for.ts'
import type { Durations } from '../durations/durations.ts'
import { nextPollAt } from '../durations/next-poll.ts'
import type { Ports, Random } from '../ports.ts'
import { acceptedMs, type Run } from '../run.ts'
import { clampDelay, plusMs, pollDelaySeconds } from '../schedule.ts'

/** Looks of runs that began together are spread by up to this share of the wait, either way. */
const SPREAD = 0.05

/** A run with what is known of the time that its kind takes. */
export interface Timed extends RunOperation {
  durations: Durations | undefined
}

/** The wait before the first look at work that the cloud has just accepted (ms). */
export function firstPollMs({ clock, random }: Pick<Ports, 'clock' | 'random'>, { run, ...timed }: Timed): number {
  const nowMs = clock()
  const accepted: Run = { ...run, state: 'tracking', acceptedAt: plusMs(nowMs, 0) }
  return nextPollMs(random, { run: accepted, ...timed }, nowMs)
}

/**
 * The wait before the next look at work that has not ended (ms).
 *
 * Looks are placed where the end is likely, given how long earlier runs took. In two cases they come fast at first, then apart:
 * while short work must be caught in the act, because its resource looks the same before and after; and while a resource is
 * verified, since its change has begun.
 */
export function nextPollMs(random: Random, { run, operation, durations }: Timed, nowMs: number): number {
  const { tracking } = operation
  const { state, sawWork, job, progress } = run
  const ageMs = nowMs - acceptedMs(run)
  if (state === 'verifying') {
    const changedMs = progress.since ? nowMs - Date.parse(progress.since) : ageMs
    return pollDelaySeconds(tracking, Math.max(1, changedMs), random()) * 1000
  }
  if (tracking.progress.unchangedSeconds !== undefined && !sawWork && !job) {
    return pollDelaySeconds(tracking, ageMs, random()) * 1000
  }
  const age = Math.max(0, ageMs / 1000)
  const longest = (Date.parse(run.deadlineAt) - acceptedMs(run)) / 1000
  const wait = nextPollAt(durations, age, longest) - age
  return clampDelay(wait * (1 - SPREAD + 2 * SPREAD * random())) * 1000
}
