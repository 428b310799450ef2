import { CATALOGUE } from '../cloud/catalogue.ts'
import type { Lease, RecordPorts } from './ports.ts'
import type { Holder, Run } from './run.ts'
import { plusMs } from './schedule.ts'
import { isFinal } from './states.ts'

/**
 * The exclusive hold of a run on its resource. Every change of a lease is one conditional write with a version.
 *
 * Nobody gives a lease back: whether it is still held, the holder's own record says. That record is the fence, too: a lease
 * passes to another run only once it is final, so that whatever a worker of the old holder still does, it loses its next
 * conditional write, and the call comes after one.
 */

type Leases = Pick<RecordPorts, 'store' | 'clock'>

/** A lease outlives its run's deadline by this much, where the provider's work may go on after the run was given up. */
const GRACE_MS = 30 * 60_000

/** So many runs wait for one resource at most: what comes after those is better told at once. */
export const MAX_WAITING = 10

/** The resource is seen at rest so long, by two looks at least, before it is taken from a run that ended in doubt. */
const AT_REST_MS = 60_000

/** What was seen longer ago says nothing of now. */
const LOOK_HOLDS_MS = 2 * AT_REST_MS

/** Why a run does not have its resource. */
export interface Held {
  holder: Holder
  until: string
  /** The record of that run: the one that has it, or the one whose turn it is. */
  by: Run
  lease: Lease
}

type Ask = { held: Held } | { lease: Lease }

/** Takes the run's hold on its resource, or makes it longer. @returns who has it, if another run does */
export async function takeLease(ports: Leases, run: Run): Promise<Held | undefined> {
  return changeLease(ports, resourceOf(run), async (lease) => {
    const until = plusMs(run.deadlineAt, GRACE_MS)
    if (lease.holder?.runId === run.id) return lease.until >= until ? 'as it is' : { lease: { ...lease, until } }
    const held = await holderOf(ports, lease, run)
    if (held) return { held }
    const since = new Date(ports.clock()).toISOString()
    const waiting = lease.waiting.filter((id) => id !== run.id)
    const { rest, ...free } = lease
    return { lease: { ...free, holder: { runId: run.id, operation: run.operation, since }, until, waiting } }
  })
}

/** Who keeps the run from its resource now. Nothing is written. */
export async function whoHolds(ports: Leases, run: Run): Promise<Held | undefined> {
  const lease = await ports.store.getLease(resourceOf(run))
  return lease && lease.holder?.runId !== run.id ? holderOf(ports, lease, run) : undefined
}

/** Whoever keeps this run from its resource; runs that wait no more are no hindrance. */
async function holderOf(ports: Leases, lease: Lease, run: Run): Promise<Held | undefined> {
  const { holder, until } = lease
  if (holder) {
    const by = await ports.store.get(holder.runId)
    if (by && !mayPass(by, lease, ports.clock())) return { holder, until, by, lease }
  }
  for (const id of lease.waiting) {
    if (id === run.id) return undefined
    const by = await ports.store.get(id)
    if (by?.state !== 'queued') continue
    const next = { runId: id, operation: by.operation, since: by.createdAt }
    return { holder: next, until: by.deadlineAt, by, lease }
  }
  return undefined
}

/** The provider's work has ended; or nobody knows, and it was seen at rest, or its time is over. */
function mayPass({ state, outcome }: Run, lease: Lease, nowMs: number): boolean {
  if (!isFinal(state)) return false
  if (outcome?.providerDone || Date.parse(lease.until) <= nowMs) return true
  const rest = restOf(lease, nowMs)
  return rest !== undefined && Date.parse(rest.seenAt) - Date.parse(rest.since) >= AT_REST_MS
}

function restOf({ rest }: Lease, nowMs: number): Lease['rest'] {
  return rest && nowMs - Date.parse(rest.seenAt) <= LOOK_HOLDS_MS ? rest : undefined
}

/** Notes whether the resource of a run that ended in doubt is at rest now: after a while of that it may be taken. */
export async function noteRest(ports: Leases, { lease }: Held, atRest: boolean): Promise<void> {
  const nowMs = ports.clock()
  const { rest, ...unseen } = lease
  if (!atRest && !rest) return
  const seenAt = new Date(nowMs).toISOString()
  const noted = atRest ? { ...unseen, rest: { since: restOf(lease, nowMs)?.since ?? seenAt, seenAt } } : unseen
  // Whoever was faster knows as much.
  await ports.store.saveLease({ ...noted, version: lease.version + 1 })
}

/** Gets in line for the resource. @returns false where the line is full */
export async function getInLine(ports: Leases, run: Run): Promise<boolean> {
  let inLine = true
  await changeLease(ports, resourceOf(run), async (lease) => {
    inLine = true
    if (lease.waiting.includes(run.id)) return 'as it is'
    const waiting = await thoseInLine(ports, lease)
    inLine = waiting.length < MAX_WAITING
    return inLine ? { lease: { ...lease, waiting: [...waiting, run.id] } } : 'as it is'
  })
  return inLine
}

/** Ids of the runs that wait for a resource still, in their order. */
export async function thoseInLine(ports: Leases, lease: Lease): Promise<string[]> {
  const records = await Promise.all(lease.waiting.map((id) => ports.store.get(id)))
  return records.flatMap((one) => (one?.state === 'queued' ? [one.id] : []))
}

/** Somebody else may be faster; who waits for a resource asks seldom. */
const MAX_ATTEMPTS = 5

async function changeLease(
  ports: Leases,
  resource: string,
  change: (lease: Lease) => Promise<Ask | 'as it is'>,
): Promise<Held | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const now = new Date(ports.clock()).toISOString()
    const lease = (await ports.store.getLease(resource)) ?? { resource, until: now, waiting: [], version: 0 }
    const wanted = await change(lease)
    if (wanted === 'as it is') return undefined
    if ('held' in wanted) return wanted.held
    if (await ports.store.saveLease({ ...wanted.lease, version: lease.version + 1 })) return undefined
  }
  throw new Error(`lease of ${resource}: others were faster ${MAX_ATTEMPTS} times`)
}

/** What the run holds alone. An operation that a release dropped from the catalogue holds nothing any more. */
export function resourceOf(run: Run): string {
  return CATALOGUE.get(run.operation)?.resource(run.target) ?? `unknown/${run.operation}`
}
