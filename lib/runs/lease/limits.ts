import { sha256 } from '../../basics/sha256.ts'
import type { Lease } from '../ports.ts'
import type { Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { isFinal } from '../states.ts'
import { type Attempt, MAX_COUNT, MAX_WINDOW_MS, type UsedUp } from '../tally.ts'
import { changeLease, type LeasePorts } from './change-lease.ts'
import { type CountLimit, type Limited, sharedTallies, type Tally, tallyOfResource } from './tallies.ts'

/**
 * How often alarms, and other senders that a rule limits, may start runs. Attempts are counted in the lease, by its conditional
 * writes. Nothing is given back by a write: the records of the runs show which attempts count, so that one which never reached
 * the cloud does not count, whatever crashed.
 */

/** The limit that keeps a run from a resource which is free otherwise. Nothing is written. */
export async function usedUpOf(ports: LeasePorts, lease: Lease, { id, limits }: Run): Promise<UsedUp | undefined> {
  if (!limits) return undefined
  return lastToOpen(await usedUpIn(ports, tallyOfResource(lease.resource, limits), attemptsWithout(id, lease)))
}

/** The limit that would keep a run from starting now. Of several, the one that opens last. */
export async function usedUp(ports: LeasePorts, resource: string, limited: Limited): Promise<UsedUp | undefined> {
  const { limits } = limited
  const tallies = [...(limits ? [tallyOfResource(resource, limits)] : []), ...sharedTallies(limited)]
  const closed = tallies.map(async (tally) => {
    const { attempts = [] } = (await ports.store.getLease(tally.of)) ?? {}
    return usedUpIn(ports, tally, attempts)
  })
  return lastToOpen((await Promise.all(closed)).flat())
}

function attemptsWithout(runId: string, { attempts = [] }: Lease): Attempt[] {
  return attempts.filter(({ id }) => id !== runId)
}

/** The limits of one tally that are used up. */
async function usedUpIn(
  { store, clock }: LeasePorts,
  { of, per, atMost, cooldownMs }: Tally,
  attempts: readonly Attempt[],
): Promise<UsedUp[]> {
  const nowMs = clock()
  if (attempts.length === 0) return []
  const mayBeFull = atMost.filter(({ count, windowMs }) => within(attempts, windowMs, nowMs).length >= count)
  const cools = cooldownMs > 0
  const longestMs = Math.max(0, ...mayBeFull.map(({ windowMs }) => windowMs))
  // Newest first: the newest attempt that counts decides about the cooldown.
  const counted: Counted[] = []
  for (const attempt of attempts.toReversed()) {
    const matters = Date.parse(attempt.at) > nowMs - longestMs || (cools && counted.length === 0)
    if (!matters) continue
    const run = await store.get(attempt.id)
    if (!counts(run)) continue
    counted.push({ ...attempt, endedAt: run ? run.endedAt : attempt.at })
  }
  const closed = [
    ...mayBeFull.flatMap((limit) => full({ ...limit, per }, counted, nowMs)),
    ...(cools ? cooling(cooldownMs, counted[0], nowMs) : []),
  ]
  return closed.map((one) => ({ ...one, of, key: `${one.limit}/${idOf(one.by)}` }))
}

/** The same for the same runs, in whatever order they are counted: a run that waited is counted anew. */
function idOf(by: readonly string[]): string {
  const [first = '', ...others] = by.toSorted()
  return others.length === 0 ? first : sha256([first, ...others].join()).slice(0, 32)
}

/** An attempt that reached its cloud, or may have. */
interface Counted extends Attempt {
  endedAt: string | undefined
}

function within<One extends Attempt>(attempts: readonly One[], windowMs: number, nowMs: number): One[] {
  return attempts.filter(({ at }) => Date.parse(at) > nowMs - windowMs)
}

/** The run ended before anything of it reached the cloud, or the cloud clearly refused it. */
function wasNeverMade({ state, sentAt }: Run): boolean {
  return isFinal(state) && sentAt === undefined
}

/** Whether an attempt counts, apart from its age. @param run its record, if it is still stored */
export function counts(run: Run | undefined): boolean {
  return !(run && wasNeverMade(run))
}

type Closed = Pick<UsedUp, 'limit' | 'by' | 'opensAt'>

function full(limit: CountLimit & { per: string }, counted: readonly Attempt[], nowMs: number): Closed[] {
  const { count, windowMs } = limit
  const inWindow = within(counted, windowMs, nowMs)
  const first = inWindow[count - 1]
  if (!first) return []
  const by = inWindow.slice(0, count).map(({ id }) => id)
  return [{ limit: limitText(limit), by, opensAt: plusMs(first.at, windowMs) }]
}

function cooling(cooldownMs: number, last: Counted | undefined, nowMs: number): Closed[] {
  // A run that has not ended has the resource anyhow.
  if (!last?.endedAt || Date.parse(last.endedAt) + cooldownMs <= nowMs) return []
  return [{ limit: `cooldown ${durationText(cooldownMs)}`, by: [last.id], opensAt: plusMs(last.endedAt, cooldownMs) }]
}

function lastToOpen(all: UsedUp[]): UsedUp | undefined {
  return all.toSorted((a, b) => (a.opensAt < b.opensAt ? 1 : -1))[0]
}

/** An attempt that waited for the cloud longer than this counts from when it is sent. */
const RENEWED_MS = 60_000

/**
 * The attempts of a lease with this run, made now, and without those too old to count.
 * @param rule that counts it; without one it is not counted
 * @returns the very same array if the run is already in it
 */
export async function withAttempt(
  { store }: LeasePorts,
  lease: Lease,
  { id, rule, nowMs }: { id: string; rule: string | undefined; nowMs: number },
): Promise<Lease['attempts']> {
  const known = lease.attempts?.find((one) => one.id === id)
  if (rule === undefined || (known && nowMs - Date.parse(known.at) < RENEWED_MS)) return lease.attempts
  const isRecent = ({ at }: Attempt): boolean => Date.parse(at) > nowMs - MAX_WINDOW_MS
  const others = attemptsWithout(id, lease).filter(isRecent)
  const kept = others.length < MAX_COUNT ? others : await countingOf(store, others)
  return [...kept, { id, rule, at: plusMs(nowMs, 0) }].slice(-MAX_KEPT)
}

/** An attempt that never reached the cloud pushes no other out. */
async function countingOf(store: LeasePorts['store'], attempts: Attempt[]): Promise<Attempt[]> {
  const runs = await Promise.all(attempts.map(({ id }) => store.get(id)))
  return attempts.filter((_, index) => counts(runs[index]))
}

/** More than any limit counts. */
const MAX_KEPT = 2 * MAX_COUNT

/**
 * Counts the run for its rule, if that has a limit of its own, and for its caller, if the policy gives that a budget. A run that
 * the second of them refuses does not count for the first: it never reaches its cloud.
 * @returns the limit that is used up instead
 */
export async function countBeyondResource(ports: LeasePorts, run: Run): Promise<UsedUp | undefined> {
  for (const tally of sharedTallies(run)) {
    const blocked = await countIn(ports, run, tally)
    if (blocked) return blocked
  }
  return undefined
}

function countIn(ports: LeasePorts, { id }: Run, tally: Tally): Promise<UsedUp | undefined> {
  return changeLease<UsedUp>(ports, tally.of, async (lease) => {
    const attempts = await withAttempt(ports, lease, { id, rule: tally.rule, nowMs: ports.clock() })
    if (attempts === lease.attempts) return 'unchanged'
    const isCounted = lease.attempts?.some((one) => one.id === id)
    const blocked = isCounted ? undefined : lastToOpen(await usedUpIn(ports, tally, attemptsWithout(id, lease)))
    return blocked ? { instead: blocked } : { lease: { ...lease, attempts } }
  })
}

/** A limit as rules spell it. */
export function limitText({ count, windowMs, per }: CountLimit & { per: string }): string {
  return `${count} per ${durationText(windowMs)} per ${per}`
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A duration as rules spell it; one day is `24h`. */
export function durationText(ms: number): string {
  if (ms % DAY_MS === 0 && ms > DAY_MS) return `${ms / DAY_MS}d`
  return ms % HOUR_MS === 0 && ms > 0 ? `${ms / HOUR_MS}h` : `${ms / MINUTE_MS}m`
}
