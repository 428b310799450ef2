import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { type LifecycleOperation, lifecycle, plainIdentity, type ServiceOffer } from '../lifecycle.ts'
import type { Precondition } from '../precondition.ts'
import type { Read, Tracking } from '../tracking.ts'
import { readClusterStatus } from './clusters.ts'
import { evidenceOfOperation } from './evidence.ts'
import { listFleet } from './fleet.ts'
import { GOALS, type Goal, observeProcesses } from './goals.ts'
import { batchSeconds, type EmrParams, OptionalStrategy, Stop, Strategy, wireOfStop, wireOfStrategy } from './params.ts'
import { clusterIdle, clusterNow, processesAre } from './probes.ts'
import { resolveProcesses, type Subject, Targeted, wireOfScope } from './processes.ts'
import { emrApi } from './reads.ts'
import { EMR } from './service.ts'
import { judgeStatus } from './states.ts'
import { ClusterTarget, clusterResource, inOrder } from './target.ts'

/**
 * The lifecycle operations of Elastic MapReduce: five uses of one API, StartStopServiceOrMonitor.
 *
 * All are `once`: the API takes no idempotency token, and answers with a request id alone.
 */

interface Parts {
  name: string
  opType: 'StartService' | 'StopService' | 'RestartService' | 'StartMonitor' | 'StopMonitor'
  summary: string
  params: z.ZodMiniType<EmrParams>
  goal: keyof typeof GOALS
}

const Answer = z.object({ RequestId: z.string() })

function emrOperation({ name, opType, summary, params, goal }: Parts): LifecycleOperation {
  return lifecycle<ClusterTarget, EmrParams, Targeted, z.infer<typeof Answer>>({
    name,
    // The Chinese page, because the English one (1026/55668) has the two monitor operations reversed.
    ...emrApi('StartStopServiceOrMonitor', '589/90011'),
    summary,
    effect: 'once',
    destroysData: false,
    freeText: ['strategy.args'],
    target: ClusterTarget,
    params,
    baseline: Targeted,
    output: Answer,
    resource: clusterResource,
    preconditions: [CLUSTER_IDLE],
    identity: ({ target, params }) => plainIdentity({ target: inOrder(target), params }),
    request: ({ target, params: { strategy, stop, keepMonitor }, baseline }) => ({
      method: 'POST',
      path: '/',
      body: {
        InstanceId: target.clusterId,
        OpType: opType,
        OpScope: wireOfScope(baseline),
        ...(strategy ? { StrategyConfig: wireOfStrategy(strategy) } : {}),
        ...(stop ? { StopParams: wireOfStop(stop) } : {}),
        ...(keepMonitor === undefined ? {} : { KeepMonitorButNotRecoverProcess: keepMonitor }),
      },
    }),
    accepted: ({ RequestId }) => ({ requestId: RequestId }),
    tracking: trackingOf(GOALS[goal], opType.endsWith('Monitor') ? 'monitoring' : 'process'),
  })
}

function trackingOf(goal: Goal, subject: Subject): Tracking<ClusterTarget, EmrParams, Targeted> {
  const later = goal.mayHaveBeen ? '' : ', later than before'
  return {
    firstWaitSeconds: 10,
    everySeconds: 5,
    completionCriterion: `the cluster is idle, and every targeted process is ${goal.as.toLowerCase()}${later}`,
    deadlineMinutes: 60,
    longer: '3 min and the wait more for each batch of a rolling `strategy`, up to 24 h',
    moreMinutes: ({ params: { strategy }, baseline }) => minutesOfBatches(strategy, baseline),
    sizeClass: ({ params: { strategy }, baseline }) => sizeClassOf(strategy, baseline),
    gate: requireIdle,
    baseline: (read, target) => readBaseline(read, target, { subject, goal }),
    snapshot: clusterNow,
    progress: clusterIdle(goal),
    verify: processesAre(goal),
    findEvidence: evidenceOfOperation(goal),
  }
}

const CLUSTER_IDLE: Precondition<ClusterTarget, EmrParams> = {
  name: 'cluster-idle',
  requires: 'the cluster is idle, for it does one thing at a time',
  shownByGate: (observed) => (typeof observed === 'string' ? observed : undefined),
}

/** @returns the status of the idle cluster @throws {CloudError} `busy`, or `unsupported` where the status excludes it */
async function requireIdle(read: Read, { clusterId }: ClusterTarget): Promise<string> {
  const { verdict, observed } = judgeStatus(await readClusterStatus(read, clusterId))
  if (verdict === 'done') return observed
  const kind = verdict === 'failed' ? 'unsupported' : 'busy'
  throw new CloudError({ operation: 'emr.cluster.show', kind, change: 'none', what: `the cluster is ${observed}` })
}

/** Resolves the processes of an idle cluster and reads their state. */
async function readBaseline(
  read: Read,
  target: ClusterTarget,
  { subject, goal }: { subject: Subject; goal: Goal },
): Promise<Targeted> {
  const { clusterId } = target
  // A plan reads the baseline whatever the gate says.
  await requireIdle(read, target)
  const targeted = await resolveProcesses(read, target, subject)
  if (!goal.mayHaveBeen) return targeted
  const { total, missing } = await observeProcesses(read, { clusterId, targeted }, goal)
  return { ...targeted, wereSo: total - missing.length }
}

/** Longer than any restart that people wait for. */
const MAX_MINUTES = 24 * 60

function minutesOfBatches(strategy: Strategy | undefined, targeted: Targeted): number {
  if (!strategy?.rolling) return 0
  return Math.min(MAX_MINUTES, Math.ceil((batchesOf(strategy, targeted) * batchSeconds(strategy)) / 60))
}

function batchesOf({ batchSize }: Strategy, targeted: Targeted): number {
  return nodesOf(targeted).reduce((sum, count) => sum + Math.ceil(count / batchSize), 0)
}

/** The number of nodes of each component. */
function nodesOf({ services }: Targeted): number[] {
  return services.flatMap(({ components }) => components.map((one) => one.nodes.length))
}

/** The number of batches, or of processes at once, to the next power of two. */
function sizeClassOf(strategy: Strategy | undefined, targeted: Targeted): string {
  const processes = nodesOf(targeted).reduce((sum, count) => sum + count, 0)
  const [count, unit] = strategy?.rolling ? [batchesOf(strategy, targeted), 'batches'] : [processes, 'processes']
  return `${2 ** Math.ceil(Math.log2(Math.max(1, count)))}-${unit}`
}

const OPERATIONS: readonly LifecycleOperation[] = [
  emrOperation({
    name: 'emr.service.start',
    opType: 'StartService',
    summary: 'Starts processes of services',
    params: OptionalStrategy,
    goal: 'started',
  }),
  emrOperation({
    name: 'emr.service.stop',
    opType: 'StopService',
    summary: 'Stops (pauses) processes of services',
    params: z.extend(OptionalStrategy, { stop: z.optional(Stop) }),
    goal: 'stopped',
  }),
  emrOperation({
    name: 'emr.service.restart',
    opType: 'RestartService',
    summary: 'Restarts processes of services; `strategy` must say how',
    params: z.strictObject({ strategy: Strategy }),
    goal: 'restarted',
  }),
  // Named as on the wire: "monitor" is the daemon that watches processes and restarts them.
  emrOperation({
    name: 'emr.monitor.start',
    opType: 'StartMonitor',
    summary: 'LEAVES maintenance: processes are watched and brought back again',
    params: OptionalStrategy,
    goal: 'monitored',
  }),
  emrOperation({
    name: 'emr.monitor.stop',
    opType: 'StopMonitor',
    summary: 'ENTERS maintenance: processes that die stay down',
    params: z.extend(OptionalStrategy, {
      keepMonitor: z.optional(
        z.boolean().check(z.describe('maintenance, but processes are still watched; they are not brought back')),
      ),
    }),
    goal: 'inMaintenance',
  }),
]

/** Elastic MapReduce. Its schemas are the params that several operations share. */
export const emr: ServiceOffer = {
  service: EMR,
  operations: OPERATIONS,
  fleet: listFleet,
  schemas: { EmrStrategy: Strategy, EmrStop: Stop },
}
