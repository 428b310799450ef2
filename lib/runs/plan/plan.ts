import * as z from 'zod'
import { inParallel, throwFailures } from '../../basics/parallel.ts'
import { readsOnly } from '../../cloud/reads-only.ts'
import { ShownRequest } from '../../cloud/show.ts'
import type { LifecycleOperation } from '../../services/lifecycle.ts'
import { checkSameRequest } from '../accept/accept.ts'
import type { DefaultRegions } from '../accept/check-request.ts'
import { type BatchRequest, draft, type RunRequest } from '../accept/draft.ts'
import { checkPlaces } from '../accept/place.ts'
import { whoHolds } from '../lease/lease.ts'
import { warningsFor } from '../lease/used-up.ts'
import { Holder, Run } from '../run.ts'
import { State } from '../states.ts'
import { Blocker, type Seen, see, stateOfLease } from './blocker.ts'
import { Expected, expectedOf, tookSeconds } from './expected.ts'
import { type Draft, type PlanPorts, showRequests } from './show-requests.ts'

/** What would become of a wish, were it asked for now. */
export const Plan = z.strictObject({
  dryRun: z.literal(true),
  operation: z.string(),
  /** With its region. */
  target: Run.shape.target,
  params: z.record(z.string(), z.unknown()),
  /** What it would hold alone. */
  resource: z.string(),
  destroysData: z.boolean(),
  /** `repeat`: its key was used for this very wish, and the run of that time would be the answer. */
  would: z.enum(['be-sent', 'attach', 'wait', 'be-refused', 'repeat']),
  refusedBy: z.array(Blocker),
  /** Limits of alarms that are used up there. */
  warnings: z.array(z.string()).optional(),
  /** The run that its key belongs to. */
  existing: z.strictObject({ runId: z.string(), state: State }).optional(),
  /** The live run of the same wish that it would join. */
  joins: z.string().optional(),
  /** Who has the resource, or whose turn it is. */
  holder: Holder.extend({ until: z.iso.datetime() }).optional(),
  /** What the cloud says of it now; `baseline` is what a run would remember of it, where that is not large. */
  targetNow: z.strictObject({ observed: z.string(), atWork: z.boolean(), baseline: z.unknown().optional() }).optional(),
  /** Absent where nothing would be sent for it, or where what to send shows only once the target is free. */
  request: z.optional(ShownRequest),
  /** How its end would be known. */
  completionCriterion: z.string(),
  expected: Expected,
})
export type Plan = z.infer<typeof Plan>

/** So many targets are looked at side by side. */
const WIDTH = 5

/**
 * What would become of a wish: it is checked, its resource and its target are looked at, its request is built. Nothing is
 * stored, sent or told, and no change reaches a cloud.
 * @param deadlineAtMs when the looking must be over (epoch ms); what could not be seen by then is said
 * @returns a plan for each target, in order
 * @throws {RequestError | KeyReusedError} as accepting it would
 */
export async function plan(
  ports: PlanPorts,
  request: RunRequest | BatchRequest,
  regions: DefaultRegions,
  deadlineAtMs: number,
): Promise<Plan[]> {
  const { wishes, runs } = draft(request, regions, ports.clock())
  const [wish] = wishes
  if (!wish) return []
  await checkPlaces(ports, wishes, runs)
  const { operation } = wish
  // However a preparation or a probe goes about it.
  const looking = { ...ports, call: readsOnly(ports.call) }
  const took = tookSeconds(looking, operation)
  const draftOf = (run: Run): Promise<Draft<Plan>> => draftPlan(looking, operation, run, took, deadlineAtMs)
  const { values: drafts, failures } = await inParallel(runs, draftOf, { atOnce: WIDTH })
  throwFailures(failures)
  await showRequests(looking, wish, drafts, deadlineAtMs)
  return drafts.map((one) => one.plan)
}

async function draftPlan(
  ports: PlanPorts,
  operation: LifecycleOperation,
  run: Run,
  took: Promise<number[]>,
  deadlineAtMs: number,
): Promise<Draft<Plan>> {
  const existing = await ports.store.get(run.id)
  if (existing) checkSameRequest(existing, run)
  const [lease, seen] = existing
    ? [{}, undefined]
    : await Promise.all([
        whoHolds(ports, run).then((held) => stateOfLease(ports, run, held, deadlineAtMs)),
        see(ports, operation, run, deadlineAtMs),
      ])
  const { joins, holder, blocker } = lease
  const resource = operation.resource(run.target)
  const refusedBy = joins ? [] : [...(blocker ? [blocker] : []), ...(seen?.blockers ?? [])]
  const { target, params } = run
  return {
    run,
    baseline: seen?.baseline,
    plan: {
      dryRun: true,
      operation: operation.name,
      target,
      params,
      resource,
      destroysData: operation.destroysData,
      would: existing ? 'repeat' : wouldOf(joins, refusedBy),
      refusedBy,
      ...(await warningsFor(ports, run)),
      ...(existing ? { existing: { runId: existing.id, state: existing.state } } : {}),
      ...(joins ? { joins } : {}),
      ...(holder ? { holder } : {}),
      ...(seen?.now ? { targetNow: targetNowOf(seen.now, seen.baseline) } : {}),
      completionCriterion: operation.tracking.completionCriterion,
      expected: expectedOf(operation, run, seen?.baseline, await took, ports.clock()),
    },
  }
}

function wouldOf(joins: string | undefined, refusedBy: Blocker[]): Plan['would'] {
  if (joins) return 'attach'
  if (refusedBy.some(({ temporary: passes }) => !passes)) return 'be-refused'
  return refusedBy.length > 0 ? 'wait' : 'be-sent'
}

/** That of EMR may hold thousands of processes, which its request names as well. */
const MAX_BASELINE_CHARACTERS = 8_000

function targetNowOf(now: NonNullable<Seen['now']>, baseline: unknown): Plan['targetNow'] {
  const isSmall = baseline !== undefined && JSON.stringify(baseline).length <= MAX_BASELINE_CHARACTERS
  return { ...now, ...(isSmall ? { baseline } : {}) }
}
