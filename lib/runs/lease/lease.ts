import { givesWay, type Held, hasEnded, MAX_WAITING, mayStillArrive } from '../held.ts'
import type { Lease } from '../ports.ts'
import type { Holder, Run } from '../run.ts'
import { CLOCKS_APART_MS, plusMs } from '../schedule.ts'
import { isFinal } from '../states.ts'
import type { UsedUp } from '../tally.ts'
import { changeLease, type LeaseChange, type LeasePorts } from './change-lease.ts'
import { countBeyondResource, usedUpOf, withAttempt } from './limits.ts'
import { nextHistory, runMeanwhile } from './past.ts'

/**
 * The exclusive hold of a run on its resource. Every change of a lease is one conditional write with a version.
 *
 * Nobody gives a lease back: the record of the holder shows whether it is still held. That record is also the fence. A lease
 * passes to another run only once it is final, so that a late worker of the old holder loses its next conditional write,
 * and the call comes after one.
 */

/** A lease outlives its run's deadline by half an hour on any clock, for the provider's work may go on. */
const GRACE_MS = 30 * 60_000 + CLOCKS_APART_MS

/** The resource must be observed at rest for so long, and so often, before it is taken from a run that ended in doubt. */
const AT_REST_MS = 60_000

/** The observations count as well as the time: the clocks of their hosts may be minutes apart. */
const MIN_AT_REST = 4
const AT_REST_APART_MS = 10_000

/** An older observation says nothing of the present. */
const AT_REST_VALID_MS = 5 * 60_000

/** The lease; or else the run that has it, or the limit that is used up. */
export type Taken = { lease: Lease } | { blockedBy: Held | UsedUp }

/** Takes or extends the run's hold on its resource, and counts the run if it is under limits. */
export async function takeLease(ports: LeasePorts, run: Run): Promise<Taken> {
  const taken = await takeResource(ports, run)
  if ('blockedBy' in taken) return taken
  // A run that joins another, or waits, has used nothing of its limits. A lease taken in vain is free once its run has ended.
  const blockedBy = await countBeyondResource(ports, run)
  return blockedBy ? { blockedBy } : taken
}

async function takeResource(ports: LeasePorts, run: Run): Promise<Taken> {
  const taken: { lease?: Lease } = {}
  const blockedBy = await changeLease(ports, run.resource, async (lease): Promise<LeaseChange<Held | UsedUp>> => {
    const nowMs = ports.clock()
    const attempt = { id: run.id, rule: run.limits?.rule, nowMs }
    const until = plusMs(run.deadlineAt, GRACE_MS)
    if (lease.holder?.runId === run.id) {
      taken.lease = lease
      const attempts = await withAttempt(ports, lease, attempt)
      const isKept = lease.until >= until && attempts === lease.attempts
      // Another run that saw this one wait must lose the race for its lease.
      if (isKept && !run.wasHeldBack) return 'unchanged'
      return { lease: { ...lease, until: lease.until > until ? lease.until : until, attempts } }
    }
    const before = lease.holder && (await ports.store.get(lease.holder.runId))
    const held = await holderOf(ports, { lease, by: before }, run)
    if (held) return { instead: held }
    const by = await runMeanwhile(ports, { history: lease.history, before }, run)
    if (by) return { instead: { holder: holderFrom(by), until: lease.until, by, lease } }
    const closed = await usedUpOf(ports, lease, run)
    if (closed) return { instead: closed }
    const since = new Date(nowMs).toISOString()
    const waiting = lease.waiting.filter((id) => id !== run.id)
    const { rest, ...free } = lease
    const history = nextHistory(lease, before, nowMs)
    const holder = { runId: run.id, operation: run.operation, since }
    const attempts = await withAttempt(ports, lease, attempt)
    taken.lease = { ...free, holder, until, waiting, history, attempts }
    return { lease: taken.lease }
  })
  if (blockedBy) return { blockedBy }
  if (!taken.lease) throw new Error(`the lease of ${run.resource} was neither taken nor refused`)
  return { lease: taken.lease }
}

/** The run that keeps this one from its resource now. Nothing is written. */
export async function whoHolds(ports: LeasePorts, run: Run): Promise<Held | undefined> {
  const lease = await ports.store.getLease(run.resource)
  if (!lease || lease.holder?.runId === run.id) return undefined
  const by = lease.holder && (await ports.store.get(lease.holder.runId))
  return holderOf(ports, { lease, by }, run)
}

/** The holder, or the first in line before this run; one that waits no longer, or for a guard, is skipped. @param by the record of the holder */
async function holderOf(
  ports: LeasePorts,
  { lease, by }: { lease: Lease; by: Run | undefined },
  run: Run,
): Promise<Held | undefined> {
  const { holder, until } = lease
  if (holder && by && !isReleased(by, lease, ports.clock())) return { holder, until, by, lease }
  for (const id of lease.waiting) {
    if (id === run.id) return undefined
    const next = await ports.store.get(id)
    // A guard keeps it waiting: it lets the others pass, and keeps its place.
    if (next?.state !== 'queued' || next.heldBackUntil !== undefined) continue
    const first = { runId: id, operation: next.operation, since: next.createdAt }
    return { holder: first, until: next.deadlineAt, by: next, lease }
  }
  return undefined
}

function holderFrom({ id, operation, sentAt, createdAt }: Run): Holder {
  return { runId: id, operation, since: sentAt ?? createdAt }
}

/** The provider's work has ended; or that is in doubt, and the resource was at rest or the lease has run out. */
export function isReleased(by: Run, lease: Lease, nowMs: number): boolean {
  if (givesWay(by)) return true
  if (!isFinal(by.state)) return false
  if (Date.parse(lease.until) <= nowMs) return true
  if (hasEnded(by)) return !mayStillArrive(by, nowMs)
  const rest = restOf(lease, nowMs)
  if (!rest || rest.looks < MIN_AT_REST) return false
  return Date.parse(rest.seenAt) - Date.parse(rest.since) >= AT_REST_MS
}

function restOf({ rest }: Lease, nowMs: number): Lease['rest'] {
  // An observation in the future is not valid either: clocks were set back.
  return rest && Math.abs(nowMs - Date.parse(rest.seenAt)) <= AT_REST_VALID_MS ? rest : undefined
}

/**
 * Records whether the resource of a run that ended in doubt is at rest now: after a while of that, its lease may be taken.
 * @param atRest undefined if it could not be observed, which says nothing
 */
export async function noteRest(
  ports: LeasePorts,
  { lease }: Held,
  { atRest }: { atRest: boolean | undefined },
): Promise<void> {
  const nowMs = ports.clock()
  const { rest, ...restless } = lease
  if (atRest === undefined || (!atRest && !rest)) return
  // A failed write needs no retry: the worker that was faster knows as much.
  const save = (noted: Lease) => ports.store.saveLease({ ...noted, version: lease.version + 1 })
  if (!atRest) return void (await save(restless))
  const seenAt = new Date(nowMs).toISOString()
  const last = restOf(lease, nowMs)
  if (!last) return void (await save({ ...restless, rest: { since: seenAt, seenAt, looks: 1 } }))
  if (nowMs - Date.parse(last.seenAt) < AT_REST_APART_MS) return
  await save({ ...restless, rest: { ...last, seenAt, looks: last.looks + 1 } })
}

/** Adds the run to the line for its resource, in the order of the requests. @returns false where the line is full */
export async function joinLine(ports: LeasePorts, run: Run): Promise<boolean> {
  let inLine = true
  await changeLease<never>(ports, run.resource, async (lease) => {
    inLine = true
    if (lease.waiting.includes(run.id)) return 'unchanged'
    const waiting = await runsInLine(ports, lease)
    inLine = waiting.length < MAX_WAITING
    const order = [...waiting, run].sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))
    return inLine ? { lease: { ...lease, waiting: order.map(({ id }) => id) } } : 'unchanged'
  })
  return inLine
}

/** The runs that still wait for a resource, in their order. */
export async function runsInLine(ports: LeasePorts, lease: Lease): Promise<Run[]> {
  const records = await Promise.all(lease.waiting.map((id) => ports.store.get(id)))
  return records.flatMap((one) => (one?.state === 'queued' ? [one] : []))
}
