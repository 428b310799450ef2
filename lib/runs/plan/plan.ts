import * as z from 'zod/mini'
import { inParallel, noFailure, throwFailures } from '../../basics/parallel.ts'
import { readsOnly } from '../../cloud/reads-only.ts'
import { ShownRequest } from '../../cloud/show.ts'
import { checkSameRequest, maxBatchSize } from '../accept/accept.ts'
import { checkLocations } from '../accept/check-locations.ts'
import type { DefaultRegions } from '../accept/check-request.ts'
import { type BatchRequest, draft, type RunRequest } from '../accept/draft.ts'
import type { RunOperation } from '../cloud-for.ts'
import { judge } from '../guards/judge.ts'
import { DEFAULT_GUARDS } from '../guards/settings.ts'
import { subjectOf } from '../guards/subject.ts'
import { Verdict } from '../guards/verdict.ts'
import { whoHolds } from '../lease/lease.ts'
import { usedUp } from '../lease/limits.ts'
import { usedUpText, warningsFor } from '../lease/used-up.ts'
import { Holder, type Run } from '../run.ts'
import { Target } from '../run-view.ts'
import { State } from '../states.ts'
import {
  Blocker,
  guardBlockers,
  observeTarget,
  PlannedPrecondition,
  stateOfLease,
  type TargetState,
} from './blocker.ts'
import { Expected, expectedOf } from './expected.ts'
import { type PlanDraft, type PlanPorts, showRequests } from './show-requests.ts'

/** The fate of a request, if it were made now. */
export const Plan = z.object({
  operation: z.string().check(z.describe('Name of the operation')),
  target: Target,
  params: z.record(z.string(), z.unknown()).check(z.describe('How it would be done')),
  resource: z.string().check(z.describe('The identity that the run would lock')),
  destroysData: z.boolean().check(z.describe('Whether the operation deletes data by design')),
  would: z
    .enum(['be-sent', 'attach', 'wait', 'be-refused', 'repeat'])
    .check(z.describe('`repeat`: its key was used for this very request, and `existing` is that run')),
  refusedBy: z.array(Blocker).check(z.describe('Everything that would delay or refuse it')),
  verdicts: z
    .optional(z.array(Verdict))
    .check(z.describe('The guards that have something to count, or to hold against it; all others allow it')),
  preconditions: z
    .optional(z.array(PlannedPrecondition))
    .check(z.describe('Each precondition of the operation, and what was found of it')),
  warnings: z.optional(z.array(z.string())).check(z.describe('Limits of alarms that are used up on the resource')),
  existing: z
    .optional(z.object({ runId: z.string().check(z.describe('Id of the run')), state: State }))
    .check(z.describe('The run that its key belongs to')),
  joinedRunId: z.optional(z.string()).check(z.describe('Id of the live run of the same request that it would join')),
  holder: z
    .optional(
      z.extend(Holder, { until: z.iso.datetime().check(z.describe('Until when it has the resource at the latest')) }),
    )
    .check(z.describe('The run that has the resource, or the first in line')),
  targetNow: z
    .optional(
      z.object({
        observed: z.string().check(z.describe("The state, in the cloud's own words")),
        atWork: z.boolean().check(z.describe('Whether work is going on there')),
        baseline: z
          .optional(z.unknown())
          .check(z.describe('What the run would keep before it is sent, if that is small')),
      }),
    )
    .check(z.describe('The target as the cloud shows it now')),
  request: z
    .optional(ShownRequest)
    .check(
      z.describe('The exact request. Absent if nothing would be sent, or if it is known only once the target is free'),
    ),
  completionCriterion: z.string().check(z.describe('How the end of the run would be known')),
  expected: Expected.check(z.describe('How long it would take')),
})
export type Plan = z.infer<typeof Plan>

/** Targets observed at a time. */
const WIDTH = 5

/**
 * Plans what would happen to a request now: checks it, observes its resource and its target, and builds its provider request.
 * Nothing is stored, sent or published, and no change reaches a cloud.
 * @param deadlineAtMs when the observations must be over (epoch ms); the plan says what could not be read by then
 * @returns a plan for each target, in order
 * @throws {RequestError | KeyReusedError} as accepting it would
 */
export async function plan(
  ports: PlanPorts,
  request: RunRequest | BatchRequest,
  { regions, deadlineAtMs }: { regions: DefaultRegions; deadlineAtMs: number },
): Promise<Plan[]> {
  const { checked, runs } = draft(request, regions, ports.clock())
  const [first] = checked
  if (!first) return []
  await checkLocations(ports, checked, runs)
  const { operation } = first
  // No change can reach the cloud, whatever a preparation or a probe does.
  const readingPorts = { ...ports, call: readsOnly(ports.call) }
  const draftOf = async (run: Run): Promise<PlanDraft<Plan>> => {
    const observed = await observe(readingPorts, { run, operation }, deadlineAtMs)
    return draftPlan(readingPorts, { run, operation }, observed)
  }
  const { values: drafts, failures } = await inParallel(runs, draftOf, { atOnce: WIDTH, mayGoOn: noFailure })
  throwFailures(failures)
  await showRequests(readingPorts, { drafts, atMost: maxBatchSize(first), operation }, deadlineAtMs)
  return drafts.map((one) => one.plan)
}

interface ObservedPlan {
  existing: Run | undefined
  lease: Awaited<ReturnType<typeof stateOfLease>>
  limit: Blocker | undefined
  verdicts: Verdict[]
  state: TargetState | undefined
}

async function observe(ports: PlanPorts, subject: RunOperation, deadlineAtMs: number): Promise<ObservedPlan> {
  const { run } = subject
  const existing = await ports.store.get(run.id)
  if (existing) {
    checkSameRequest(existing, run)
    return { existing, lease: {}, limit: undefined, verdicts: [], state: undefined }
  }
  const settings = ports.guards ?? DEFAULT_GUARDS
  const [lease, limit, verdicts, state] = await Promise.all([
    whoHolds(ports, run).then((held) => stateOfLease(ports, { run, held }, deadlineAtMs)),
    limitBlocker(ports, run),
    judge(ports, settings, subjectOf(run, settings)),
    observeTarget(ports, subject, deadlineAtMs),
  ])
  return { existing, lease, limit, verdicts, state }
}

async function limitBlocker(ports: PlanPorts, run: Run): Promise<Blocker | undefined> {
  const full = await usedUp(ports, run.resource, run)
  return full && { by: 'limit', reason: usedUpText(full), temporary: false }
}

async function draftPlan(
  ports: PlanPorts,
  { run, operation }: RunOperation,
  { existing, lease, limit, verdicts, state }: ObservedPlan,
): Promise<PlanDraft<Plan>> {
  const { joins, holder, blocker } = lease
  const others = [...[blocker, limit].flatMap((one) => one ?? []), ...(state?.blockers ?? [])]
  const refusedBy = joins ? [] : [...guardBlockers(verdicts), ...others]
  const { target, params } = run
  const baseline = state?.baseline
  return {
    run,
    baseline,
    plan: {
      operation: operation.name,
      target,
      params,
      resource: operation.resource(target),
      destroysData: operation.destroysData,
      would: existing ? 'repeat' : wouldOf(joins, refusedBy),
      refusedBy,
      ...(verdicts.length > 0 ? { verdicts } : {}),
      ...(state ? { preconditions: state.preconditions } : {}),
      ...(await warningsFor(ports, run)),
      ...(existing ? { existing: { runId: existing.id, state: existing.state } } : {}),
      ...(joins ? { joinedRunId: joins } : {}),
      ...(holder ? { holder } : {}),
      ...(state?.now ? { targetNow: targetNowOf(state.now, baseline) } : {}),
      completionCriterion: operation.tracking.completionCriterion,
      expected: await expectedOf(ports, { run, operation }, baseline),
    },
  }
}

function wouldOf(joins: string | undefined, refusedBy: Blocker[]): Plan['would'] {
  if (joins) return 'attach'
  if (refusedBy.some(({ temporary }) => !temporary)) return 'be-refused'
  return refusedBy.length > 0 ? 'wait' : 'be-sent'
}

/** The baseline of EMR may hold thousands of processes, which its provider request names as well. */
const MAX_BASELINE_CHARACTERS = 8_000

function targetNowOf(now: NonNullable<TargetState['now']>, baseline: unknown): Plan['targetNow'] {
  const isSmall = baseline !== undefined && JSON.stringify(baseline).length <= MAX_BASELINE_CHARACTERS
  return { ...now, ...(isSmall ? { baseline } : {}) }
}
