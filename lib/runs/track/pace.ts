import type { RunOperation } from '../cloud-for.ts'
import { durationsOf } from '../durations/learned.ts'
import { nextPollAt } from '../durations/next-poll.ts'
import type { Ports } from '../ports.ts'
import { clampDelay, plusMs, pollDelaySeconds } from '../schedule.ts'
import { acceptedMs } from './conclude.ts'

/** Looks of runs that began together are spread by up to this share of the wait, either way. */
const SPREAD = 0.05

type PacePorts = Pick<Ports, 'store' | 'clock' | 'log' | 'random'>

/** The wait before the first look at work that the cloud has just accepted (ms). */
export function firstPollMs(ports: PacePorts, { run, operation }: RunOperation): Promise<number> {
  const now = ports.clock()
  return nextPollMs(ports, { run: { ...run, state: 'tracking', acceptedAt: plusMs(now, 0) }, operation }, now)
}

/**
 * The wait before the next look at work that has not ended (ms).
 *
 * Looks are placed where the end is likely, given how long earlier runs took. In two cases they come fast at first, then apart:
 * while short work must be caught in the act, because its resource looks the same before and after; and while a resource is
 * verified, since its change has begun.
 */
export async function nextPollMs(ports: PacePorts, { run, operation }: RunOperation, nowMs: number): Promise<number> {
  const { tracking } = operation
  const { state, sawWork, job, progress } = run
  const ageMs = nowMs - acceptedMs(run)
  if (state === 'verifying') {
    const changedMs = progress.since ? nowMs - Date.parse(progress.since) : ageMs
    return pollDelaySeconds(tracking, Math.max(1, changedMs), ports.random()) * 1000
  }
  if (tracking.progress.unchangedSeconds !== undefined && !sawWork && !job) {
    return pollDelaySeconds(tracking, ageMs, ports.random()) * 1000
  }
  const age = Math.max(0, ageMs / 1000)
  const longest = (Date.parse(run.deadlineAt) - acceptedMs(run)) / 1000
  const wait = nextPollAt(await durationsOf(ports, run), age, longest) - age
  return clampDelay(wait * (1 - SPREAD + 2 * SPREAD * ports.random())) * 1000
}
