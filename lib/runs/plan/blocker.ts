import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { mayPass } from '../../cloud/retry.ts'
import type { Readiness } from '../../services/lifecycle.ts'
import type { PreconditionVerdict } from '../../services/precondition.ts'
import type { Snapshot } from '../../services/tracking.ts'
import { cloudFor, type RunOperation } from '../cloud-for.ts'
import type { Verdict } from '../guards/verdict.ts'
import { type Held, MAX_WAITING, mayStillArrive } from '../held.ts'
import { runsInLine } from '../lease/lease.ts'
import { collisionText } from '../outcomes.ts'
import type { Ports } from '../ports.ts'
import type { CheckedPrecondition } from '../preconditions.ts'
import type { Holder, Run } from '../run.ts'
import { isSameRequest } from '../same-request.ts'
import { isFinal } from '../states.ts'
import { findSameRequest } from '../submit/collide.ts'
import { isAtRest } from '../submit/contend.ts'
import { notPrepared } from '../submit/prepare.ts'

/** Something that would delay or refuse a request. Found without writing anything. */
export const Blocker = z.object({
  by: z
    .enum(['run', 'guard', 'limit', 'work', 'preparation', 'precondition', 'cloud'])
    .check(
      z.describe(
        'Another run has the resource · a guard refuses it or makes it wait · a limit is used up · the resource is at work · a preparation is needed · a precondition does not hold · the cloud, or our account there, refuses',
      ),
    ),
  reason: z.string().check(z.describe('In words')),
  temporary: z.boolean().check(z.describe('Whether the run would wait for it; otherwise it would end by it')),
})
export type Blocker = z.infer<typeof Blocker>

/** What was found of one precondition of the operation. */
export const PlannedPrecondition = z.object({
  guard: z.literal('precondition').check(z.describe('Always `precondition`')),
  name: z.string().check(z.describe('Name of the precondition, as `GET /operations` has it')),
  says: z
    .enum(['allow', 'wait', 'refuse'])
    .check(z.describe('It holds · the run would wait for it · the run would end by it')),
  reason: z.string().check(z.describe('In words')),
  figures: z.optional(z.string()).check(z.describe('In short, e.g. `1 of 2 replicas Active`')),
})

/** The guards that would refuse a request, or make it wait. */
export function guardBlockers(verdicts: readonly Verdict[]): Blocker[] {
  const against = verdicts.filter(({ says }) => says === 'refuse' || says === 'wait')
  return against.map(({ says, reason, until }) => ({
    by: 'guard',
    reason: until === undefined ? reason : `waits until ${until}: ${reason}`,
    temporary: says === 'wait',
  }))
}

interface StateOfLease {
  /** The live run of the same request. */
  joins?: string
  holder?: Holder & { until: string }
  blocker?: Blocker
}

/** How another run would affect this one, as `collide` and `contend` would decide. */
export async function stateOfLease(
  ports: Ports,
  { run, held }: { run: Run; held: Held | undefined },
  deadlineAtMs: number,
): Promise<StateOfLease> {
  if (!held) return {}
  const { by, lease, until } = held
  const holder = { ...held.holder, until }
  const same = await findSameRequest(ports, run, held)
  if (same) return { joins: same.id, holder }
  const blocked = (blocker: Omit<Blocker, 'by'>): StateOfLease => ({ holder, blocker: { by: 'run', ...blocker } })
  const holding = `run ${holder.runId} (${holder.operation})`
  const mayArrive = mayStillArrive(by, ports.clock())
  if (isFinal(by.state) && !mayArrive) {
    const isPreparing = by.sentAt === undefined && isSameRequest(by, run)
    if (isPreparing || (await isAtRest(ports, by, deadlineAtMs))) {
      const reason = `waits until the resource was at rest for a while: ${holding} ended as ${by.state}`
      return blocked({ reason, temporary: true })
    }
  }
  if ((run.collision === 'queue' || mayArrive) && (await runsInLine(ports, lease)).length < MAX_WAITING) {
    const until = mayArrive ? `, whose unanswered call may arrive until ${by.mayArriveUntil}` : ''
    return blocked({ reason: `waits for ${holding}${until}`, temporary: true })
  }
  return blocked({ reason: collisionText(run, held, ports.clock()), temporary: false })
}

export interface TargetState {
  now?: Snapshot
  baseline?: unknown
  preconditions: PreconditionVerdict[]
  blockers: Blocker[]
}

/** Observes the target, its preparation, its preconditions and its baseline, as they would be before the run is sent. */
export async function observeTarget(ports: Ports, subject: RunOperation, deadlineAtMs: number): Promise<TargetState> {
  const cloud = cloudFor(ports, subject, deadlineAtMs)
  const gate = await cloud.gate()
  const [now, baseline, readiness, checked] = await Promise.all([
    ...([cloud.snapshot(), cloud.baseline(gate), cloud.readiness()] as const),
    cloud.preconditions(gate, { forPlan: true }),
  ])
  const unread = checked.map(({ failure }) => failure)
  const failures = [now, gate, baseline, ...unread].filter((one) => one instanceof CloudError)
  const prepared = readiness instanceof CloudError ? notPrepared(subject, readiness) : undefined
  if (prepared && 'failure' in prepared) failures.push(prepared.failure)
  // A gate, if there is one, knows what may be sent although the target is at work.
  const isAtWork = !(now instanceof CloudError) && now.atWork && (gate === undefined || gate instanceof CloudError)
  return {
    ...(now instanceof CloudError ? {} : { now }),
    ...(baseline instanceof CloudError ? {} : { baseline }),
    preconditions: checked.map(({ verdict }) => verdict),
    blockers: [
      ...(isAtWork ? [{ by: 'work' as const, reason: `the target is at work: ${now.observed}`, temporary: true }] : []),
      ...(readiness instanceof CloudError ? [] : preparationBlockers(readiness)),
      ...(prepared && 'refused' in prepared ? preparationBlockers(prepared) : []),
      ...preconditionBlockers(checked),
      // That the target is busy is said above.
      ...failureBlockers(failures.filter(({ facts }) => !(isAtWork && facts.kind === 'busy'))),
    ],
  }
}

/** A preparation is named, never sent. */
function preparationBlockers(readiness: Readiness): Blocker[] {
  if (readiness === 'ready') return []
  if ('refused' in readiness) return [{ by: 'preparation', reason: readiness.refused, temporary: false }]
  const reason = 'wait' in readiness ? readiness.wait : `a preparation would be sent first: ${readiness.observed}`
  return [{ by: 'preparation', reason, temporary: true }]
}

/** What could not be read is said as a failure of the cloud. */
function preconditionBlockers(checked: readonly CheckedPrecondition[]): Blocker[] {
  const unmet = checked.filter(({ verdict, failure }) => verdict.says !== 'allow' && !failure)
  return unmet.map(({ verdict: { says, reason } }) => ({ by: 'precondition', reason, temporary: says === 'wait' }))
}

/** Equal errors of several reads count once. */
function failureBlockers(failures: CloudError[]): Blocker[] {
  const distinct = new Map(failures.map((one) => [`${one.facts.kind} ${one.facts.code} ${one.facts.what}`, one]))
  return [...distinct.values()].map(({ message, facts }) => ({
    by: 'cloud',
    reason: message,
    temporary: mayPass(facts),
  }))
}
