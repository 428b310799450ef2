import type { Lease } from '../ports.ts'
import type { Holder, Run } from '../run.ts'
import { CLOCKS_APART_MS, plusMs } from '../schedule.ts'
import { isFinal } from '../states.ts'
import { changeLease, type LeaseChange, type Leases } from './change-lease.ts'
import { type Held, hasEnded, MAX_WAITING, mayStillArrive } from './held.ts'
import { countForRule, usedUpOf, withAttempt } from './limits.ts'
import { remembered, runMeanwhile } from './past.ts'
import type { UsedUp } from './tally.ts'

/**
 * The exclusive hold of a run on its resource. Every change of a lease is one conditional write with a version.
 *
 * Nobody gives a lease back: whether it is still held, the holder's own record says. That record is the fence, too: a lease
 * passes to another run only once it is final, so that whatever a worker of the old holder still does, it loses its next
 * conditional write, and the call comes after one.
 */

/** A lease outlives its run's deadline by half an hour, whoever's clock says so: the provider's work may go on. */
const GRACE_MS = 30 * 60_000 + CLOCKS_APART_MS

/** The resource is seen at rest so long, and so often, before it is taken from a run that ended in doubt. */
const AT_REST_MS = 60_000

/** The looks count as well as the time: the clocks of those who look may be minutes apart. */
const MIN_REST_LOOKS = 4
const REST_LOOK_APART_MS = 10_000

/** What was seen longer ago says nothing of now. */
const LOOK_HOLDS_MS = 5 * 60_000

/** What a run got of its resource; `not`: who has it, if another run does, or which limit is used up. */
export type Taken = { lease: Lease } | { not: Held | UsedUp }

/** Takes the run's hold on its resource, or makes it longer, and counts it where it is under limits. */
export async function takeLease(ports: Leases, run: Run): Promise<Taken> {
  const taken = await takeResource(ports, run)
  if ('not' in taken) return taken
  // Whoever joins another, or waits, has used nothing of it. What is taken for nothing, its own end gives back.
  const not = await countForRule(ports, run)
  return not ? { not } : taken
}

async function takeResource(ports: Leases, run: Run): Promise<Taken> {
  const taken: { lease?: Lease } = {}
  const not = await changeLease(ports, run.resource, async (lease): Promise<LeaseChange<Held | UsedUp>> => {
    const nowMs = ports.clock()
    const until = plusMs(run.deadlineAt, GRACE_MS)
    if (lease.holder?.runId === run.id) {
      taken.lease = lease
      const attempts = await withAttempt(ports, lease, run, nowMs)
      if (lease.until >= until && attempts === lease.attempts) return 'as it is'
      return { lease: { ...lease, until: lease.until > until ? lease.until : until, attempts } }
    }
    const before = lease.holder && (await ports.store.get(lease.holder.runId))
    const held = await holderOf(ports, lease, run, before)
    if (held) return { instead: held }
    const by = await runMeanwhile(ports, lease, run, before)
    if (by) return { instead: { holder: holderFrom(by), until: lease.until, by, lease } }
    const closed = await usedUpOf(ports, lease, run)
    if (closed) return { instead: closed }
    const since = new Date(nowMs).toISOString()
    const waiting = lease.waiting.filter((id) => id !== run.id)
    const { rest, ...free } = lease
    const history = remembered(lease, before, nowMs)
    const holder = { runId: run.id, operation: run.operation, since }
    const attempts = await withAttempt(ports, lease, run, nowMs)
    taken.lease = { ...free, holder, until, waiting, history, attempts }
    return { lease: taken.lease }
  })
  if (not) return { not }
  if (!taken.lease) throw new Error(`the lease of ${run.resource} was neither taken nor refused`)
  return { lease: taken.lease }
}

/** Who keeps the run from its resource now. Nothing is written. */
export async function whoHolds(ports: Leases, run: Run): Promise<Held | undefined> {
  const lease = await ports.store.getLease(run.resource)
  if (!lease || lease.holder?.runId === run.id) return undefined
  return holderOf(ports, lease, run, lease.holder && (await ports.store.get(lease.holder.runId)))
}

/** Whoever keeps this run from its resource; runs that wait no more are no hindrance. @param by the record of the holder */
async function holderOf(ports: Leases, lease: Lease, run: Run, by: Run | undefined): Promise<Held | undefined> {
  const { holder, until } = lease
  if (holder && by && !mayPass(by, lease, ports.clock())) return { holder, until, by, lease }
  for (const id of lease.waiting) {
    if (id === run.id) return undefined
    const next = await ports.store.get(id)
    if (next?.state !== 'queued') continue
    const first = { runId: id, operation: next.operation, since: next.createdAt }
    return { holder: first, until: next.deadlineAt, by: next, lease }
  }
  return undefined
}

function holderFrom({ id, operation, sentAt, createdAt }: Run): Holder {
  return { runId: id, operation, since: sentAt ?? createdAt }
}

/** The provider's work has ended; or nobody knows, and it was seen at rest, or its time is over. */
function mayPass(by: Run, lease: Lease, nowMs: number): boolean {
  if (!isFinal(by.state)) return false
  if (Date.parse(lease.until) <= nowMs) return true
  if (hasEnded(by)) return !mayStillArrive(by, nowMs)
  const rest = restOf(lease, nowMs)
  if (!rest || rest.looks < MIN_REST_LOOKS) return false
  return Date.parse(rest.seenAt) - Date.parse(rest.since) >= AT_REST_MS
}

function restOf({ rest }: Lease, nowMs: number): Lease['rest'] {
  // Also of a look in the future: clocks were set back.
  return rest && Math.abs(nowMs - Date.parse(rest.seenAt)) <= LOOK_HOLDS_MS ? rest : undefined
}

/**
 * Notes whether the resource of a run that ended in doubt is at rest now: after a while of that it may be taken.
 * @param atRest undefined where it could not be seen: that says nothing
 */
export async function noteRest(ports: Leases, { lease }: Held, atRest: boolean | undefined): Promise<void> {
  const nowMs = ports.clock()
  const { rest, ...unseen } = lease
  if (atRest === undefined || (!atRest && !rest)) return
  // Whoever was faster knows as much.
  const save = (noted: Lease) => ports.store.saveLease({ ...noted, version: lease.version + 1 })
  if (!atRest) return void (await save(unseen))
  const seenAt = new Date(nowMs).toISOString()
  const last = restOf(lease, nowMs)
  if (!last) return void (await save({ ...unseen, rest: { since: seenAt, seenAt, looks: 1 } }))
  if (nowMs - Date.parse(last.seenAt) < REST_LOOK_APART_MS) return
  await save({ ...unseen, rest: { ...last, seenAt, looks: last.looks + 1 } })
}

/** Gets in line for the resource, behind those that were asked for before it. @returns false where the line is full */
export async function getInLine(ports: Leases, run: Run): Promise<boolean> {
  let inLine = true
  await changeLease<never>(ports, run.resource, async (lease) => {
    inLine = true
    if (lease.waiting.includes(run.id)) return 'as it is'
    const waiting = await thoseInLine(ports, lease)
    inLine = waiting.length < MAX_WAITING
    const order = [...waiting, run].sort((a, b) => (a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0))
    return inLine ? { lease: { ...lease, waiting: order.map(({ id }) => id) } } : 'as it is'
  })
  return inLine
}

/** The runs that wait for a resource still, in their order. */
export async function thoseInLine(ports: Leases, lease: Lease): Promise<Run[]> {
  const records = await Promise.all(lease.waiting.map((id) => ports.store.get(id)))
  return records.flatMap((one) => (one?.state === 'queued' ? [one] : []))
}
