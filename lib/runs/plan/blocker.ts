import * as z from 'zod'
import { CloudError } from '../../cloud/errors.ts'
import { mayPass } from '../../cloud/retry.ts'
import type { LifecycleOperation, Readiness } from '../../services/lifecycle.ts'
import type { Snapshot } from '../../services/tracking.ts'
import { isSameRequest } from '../accept/check-request.ts'
import { orCloudError, readerOf } from '../ask.ts'
import { type Held, MAX_WAITING, mayStillArrive } from '../lease/held.ts'
import { thoseInLine } from '../lease/lease.ts'
import { refusal } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import type { Holder, Run } from '../run.ts'
import { isFinal } from '../states.ts'
import { findSameRequest } from '../submit/collide.ts'
import { isAtRest } from '../submit/contend.ts'
import { notPrepared, readinessOf } from '../submit/prepare.ts'

/** What would refuse a wish, or delay it: found by looking only. */
export const Blocker = z.strictObject({
  /** Another run has the resource · it is at work · something must come first · the cloud, or our account there, says no. */
  by: z.enum(['run', 'work', 'preparation', 'cloud']),
  reason: z.string(),
  /** It is waited for; else the wish ends by it. */
  temporary: z.boolean(),
})
export type Blocker = z.infer<typeof Blocker>

interface StateOfLease {
  /** The live run of the same wish. */
  joins?: string
  holder?: Holder & { until: string }
  blocker?: Blocker
}

/** What another run means for this one, as `collide` and `giveWay` would have it. */
export async function stateOfLease(
  ports: Ports,
  run: Run,
  held: Held | undefined,
  deadlineAtMs: number,
): Promise<StateOfLease> {
  if (!held) return {}
  const { by, lease, until } = held
  const holder = { ...held.holder, until }
  const same = await findSameRequest(ports, run, held)
  if (same) return { joins: same.id, holder }
  const who = `run ${holder.runId} (${holder.operation})`
  const mayArrive = mayStillArrive(by, ports.clock())
  if (isFinal(by.state) && !mayArrive) {
    const isPreparing = by.sentAt === undefined && isSameRequest(by, run)
    if (isPreparing || (await isAtRest(ports, by, deadlineAtMs))) {
      const reason = `waits until it was seen at rest for a while: ${who} ended as ${by.state}`
      return { holder, blocker: { by: 'run', reason, temporary: true } }
    }
  }
  if ((run.collision === 'queue' || mayArrive) && (await thoseInLine(ports, lease)).length < MAX_WAITING) {
    const until = mayArrive ? `, whose call had no answer and may arrive until ${by.mayArriveUntil}` : ''
    return { holder, blocker: { by: 'run', reason: `waits for ${who}${until}`, temporary: true } }
  }
  return { holder, blocker: { by: 'run', reason: refusal(run, held, ports.clock()), temporary: false } }
}

export interface Seen {
  now?: Snapshot
  baseline?: unknown
  blockers: Blocker[]
}

/** What the cloud says: of the target now, of what must come first, and of what would be remembered before it is sent. */
export async function see(ports: Ports, operation: LifecycleOperation, run: Run, deadlineAtMs: number): Promise<Seen> {
  const { tracking, preparation } = operation
  const read = readerOf(ports, run, deadlineAtMs)
  const gate = await orCloudError(tracking.gate?.(read, run.target, run.params) ?? Promise.resolve())
  const [now, baseline, readiness] = await Promise.all([
    orCloudError(tracking.snapshot(read, run.target)),
    orCloudError(tracking.baseline(read, run.target, gate)),
    preparation ? orCloudError(readinessOf(ports, run, preparation, deadlineAtMs)) : ('ready' as const),
  ])
  const failures = [now, gate, baseline].filter((one) => one instanceof CloudError)
  const prepared = readiness instanceof CloudError ? notPrepared(readiness, operation, run) : undefined
  if (prepared && 'failure' in prepared) failures.push(prepared.failure)
  // Where there is a gate, it knows what may be sent all the same.
  const isAtWork = !(now instanceof CloudError) && now.atWork && (gate === undefined || gate instanceof CloudError)
  return {
    ...(now instanceof CloudError ? {} : { now }),
    ...(baseline instanceof CloudError ? {} : { baseline }),
    blockers: [
      ...(isAtWork ? [{ by: 'work' as const, reason: `it is at work: ${now.observed}`, temporary: true }] : []),
      ...(readiness instanceof CloudError ? [] : unready(readiness)),
      ...(prepared && 'refused' in prepared ? unready(prepared) : []),
      // What is at work was said.
      ...ofFailures(failures.filter(({ facts }) => !(isAtWork && facts.kind === 'busy'))),
    ],
  }
}

/** What must come first is named, never sent. */
function unready(readiness: Readiness): Blocker[] {
  if (readiness === 'ready') return []
  if ('refused' in readiness) return [{ by: 'preparation', reason: readiness.refused, temporary: false }]
  const reason = 'wait' in readiness ? readiness.wait : `something would be sent first: ${readiness.observed}`
  return [{ by: 'preparation', reason, temporary: true }]
}

/** Each trouble once, however many reads ran into it. */
function ofFailures(failures: CloudError[]): Blocker[] {
  const distinct = new Map(failures.map((one) => [`${one.facts.kind} ${one.facts.code} ${one.facts.what}`, one]))
  return [...distinct.values()].map(({ message, facts }) => ({
    by: 'cloud',
    reason: message,
    temporary: mayPass(facts),
  }))
}
