import type { Lease } from '../ports.ts'
import type { Run } from '../run.ts'
import { plusMs } from '../schedule.ts'
import { isFinal } from '../states.ts'
import { changeLease, type Leases } from './change-lease.ts'
import { type Attempt, type Limit, type Limits, MAX_COUNT, MAX_WINDOW_MS, type UsedUp } from './tally.ts'

/**
 * How often alarms, and whoever else a rule limits, may start runs: counted where the lease is kept, by its conditional
 * writes. Nothing is given back by a write: what counts is read off the records of the runs, so that an attempt which never
 * reached the cloud does not count, whatever crashed.
 */

function ruleTally(rule: string): string {
  return `rule/${rule}`
}

/** What keeps a run from a resource that it may have else; nothing is written. */
export async function usedUpOf(ports: Leases, lease: Lease, { id, limits }: Run): Promise<UsedUp | undefined> {
  return limits && latest(await usedUpIn(ports, lease.resource, lease, limits, 'resource', id))
}

/** What would keep a run of these limits from starting now. Of several, what opens last. */
export async function usedUp(ports: Leases, resource: string, limits: Limits): Promise<UsedUp | undefined> {
  const used = async (of: string, per: Limit['per']): Promise<UsedUp[]> =>
    usedUpIn(ports, of, await ports.store.getLease(of), limits, per)
  const ofRule = isPerRule(limits) ? used(ruleTally(limits.rule), 'rule') : []
  return latest([...(await used(resource, 'resource')), ...(await ofRule)])
}

function isPerRule({ atMost }: Limits): boolean {
  return atMost.some(({ per }) => per === 'rule')
}

/** What of one tally is used up. */
async function usedUpIn(
  { store, clock }: Leases,
  of: string,
  lease: Lease | undefined,
  limits: Limits,
  per: Limit['per'],
  runId?: string,
): Promise<UsedUp[]> {
  const nowMs = clock()
  const attempts = (lease?.attempts ?? []).filter(({ id }) => id !== runId)
  if (attempts.length === 0) return []
  const wanted = limits.atMost.filter((limit) => limit.per === per)
  const mayBeFull = wanted.filter(({ count, windowMs }) => within(attempts, windowMs, nowMs).length >= count)
  const cools = per === 'resource' && limits.cooldownMs > 0
  const longestMs = Math.max(0, ...mayBeFull.map(({ windowMs }) => windowMs))
  // Newest first: of the cooldown, the last that was made decides.
  const made: Made[] = []
  for (const attempt of attempts.toReversed()) {
    const matters = Date.parse(attempt.at) > nowMs - longestMs || (cools && made.length === 0)
    if (!matters) continue
    const run = await store.get(attempt.id)
    if (!counts(run)) continue
    made.push({ ...attempt, endedAt: run ? run.endedAt : attempt.at })
  }
  return [
    ...mayBeFull.flatMap((limit) => full(of, limit, made, nowMs)),
    ...(cools ? cooling(of, limits.cooldownMs, made[0], nowMs) : []),
  ]
}

/** A run that reached its cloud, or may have. */
interface Made extends Attempt {
  endedAt: string | undefined
}

function within<One extends Attempt>(attempts: readonly One[], windowMs: number, nowMs: number): One[] {
  return attempts.filter(({ at }) => Date.parse(at) > nowMs - windowMs)
}

/** It ended before anything of it reached the cloud, or the cloud clearly did not take it. */
function wasNeverMade({ state, sentAt }: Run): boolean {
  return isFinal(state) && sentAt === undefined
}

/** Whether an attempt counts, wherever its window is. @param run its record, where it is there */
export function counts(run: Run | undefined): boolean {
  return !(run && wasNeverMade(run))
}

function full(of: string, limit: Limit, made: readonly Attempt[], nowMs: number): UsedUp[] {
  const { count, windowMs } = limit
  const inWindow = within(made, windowMs, nowMs)
  const first = inWindow[count - 1]
  if (!first) return []
  const by = inWindow.slice(0, count).map(({ id }) => id)
  return [used(of, limitText(limit), by, plusMs(first.at, windowMs))]
}

function cooling(of: string, cooldownMs: number, last: Made | undefined, nowMs: number): UsedUp[] {
  // One that goes on has the resource anyhow.
  if (!last?.endedAt || Date.parse(last.endedAt) + cooldownMs <= nowMs) return []
  return [used(of, `cooldown ${durationText(cooldownMs)}`, [last.id], plusMs(last.endedAt, cooldownMs))]
}

function used(of: string, limit: string, by: string[], opensAt: string): UsedUp {
  return { of, limit, by, opensAt, key: `${limit}/${by[0]}` }
}

function latest(all: UsedUp[]): UsedUp | undefined {
  return all.toSorted((a, b) => (a.opensAt < b.opensAt ? 1 : -1))[0]
}

/** What waited for the cloud longer than this counts from when it is sent. */
const RENEWED_MS = 60_000

/** @returns the attempts of a lease with this run, of now; those that count no more are left out. The very same where it is there */
export async function withAttempt(
  { store }: Leases,
  lease: Lease,
  { id, limits }: Run,
  nowMs: number,
): Promise<Lease['attempts']> {
  const known = lease.attempts?.find((one) => one.id === id)
  if (!limits || (known && nowMs - Date.parse(known.at) < RENEWED_MS)) return lease.attempts
  const isRecent = ({ at }: Attempt): boolean => Date.parse(at) > nowMs - MAX_WINDOW_MS
  const others = (lease.attempts ?? []).filter((one) => one.id !== id && isRecent(one))
  const kept = others.length < MAX_COUNT ? others : await countingOf(store, others)
  return [...kept, { id, rule: limits.rule, at: plusMs(nowMs, 0) }].slice(-MAX_KEPT)
}

/** What never reached the cloud pushes nothing out that did. */
async function countingOf(store: Leases['store'], attempts: Attempt[]): Promise<Attempt[]> {
  const runs = await Promise.all(attempts.map(({ id }) => store.get(id)))
  return attempts.filter((_, index) => counts(runs[index]))
}

/** More than any limit counts. */
const MAX_KEPT = 2 * MAX_COUNT

/** Counts the run for its rule, where that has a limit of its own. @returns what is used up instead */
export async function countForRule(ports: Leases, run: Run): Promise<UsedUp | undefined> {
  const { limits } = run
  if (!limits || !isPerRule(limits)) return undefined
  const of = ruleTally(limits.rule)
  return changeLease<UsedUp>(ports, of, async (lease) => {
    const attempts = await withAttempt(ports, lease, run, ports.clock())
    if (attempts === lease.attempts) return 'as it is'
    const isCounted = lease.attempts?.some(({ id }) => id === run.id)
    const blocked = isCounted ? undefined : latest(await usedUpIn(ports, of, lease, limits, 'rule', run.id))
    return blocked ? { instead: blocked } : { lease: { ...lease, attempts } }
  })
}

function limitText({ count, windowMs, per }: Limit): string {
  return `${count} per ${durationText(windowMs)} per ${per}`
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** As rules have it; a day is `24h`. */
export function durationText(ms: number): string {
  if (ms % DAY_MS === 0 && ms > DAY_MS) return `${ms / DAY_MS}d`
  return ms % HOUR_MS === 0 && ms > 0 ? `${ms / HOUR_MS}h` : `${ms / MINUTE_MS}m`
}
