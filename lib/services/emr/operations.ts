import * as z from 'zod/mini'
import { CloudError } from '../../cloud/errors.ts'
import { type LifecycleOperation, lifecycle, plainIdentity, type ServiceOffer } from '../lifecycle.ts'
import type { Read } from '../tracking.ts'
import { evidenceOfOperation } from './evidence.ts'
import { batchSeconds, Stop, Strategy, wireOfStop, wireOfStrategy } from './params.ts'
import { clusterIdle, clusterNow, processesAre } from './probes.ts'
import { resolveProcesses, type Subject, Targeted, wireOfScope } from './processes.ts'
import { emrApi, readClusterStatus } from './reads.ts'
import { EMR } from './service.ts'
import { judgeStatus } from './states.ts'
import { ClusterTarget, clusterResource, inOrder } from './target.ts'
import { GOALS, type Goal, observeProcesses } from './wanted.ts'

/**
 * The lifecycle operations of Elastic MapReduce: five uses of one API, StartStopServiceOrMonitor.
 *
 * All are `once`: it takes no idempotency token, and answers with a request id alone.
 */

interface EmrParams {
  strategy?: Strategy | undefined
  stop?: Stop | undefined
  keepMonitor?: boolean | undefined
}

interface Parts {
  name: string
  opType: 'StartService' | 'StopService' | 'RestartService' | 'StartMonitor' | 'StopMonitor'
  summary: string
  params: z.ZodMiniType<EmrParams>
  wanted: keyof typeof GOALS
}

const Answer = z.object({ RequestId: z.string() })

function emrOperation({ name, opType, summary, params, wanted }: Parts): LifecycleOperation {
  const { as } = GOALS[wanted]
  return lifecycle<ClusterTarget, EmrParams, Targeted, z.infer<typeof Answer>>({
    name,
    // The Chinese page, for the English one (1026/55668) has the two monitor operations reversed.
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
    tracking: {
      firstWaitSeconds: 10,
      everySeconds: 5,
      completionCriterion: `the cluster is idle, and every targeted process is ${as.toLowerCase()}${
        wanted === 'restarted' ? ', later than before' : ''
      }`,
      deadlineMinutes: 60,
      longer: '3 min and the wait more for each batch of a rolling `strategy`, up to 24 h',
      moreMinutes: ({ params: { strategy }, baseline }) => minutesOfBatches(strategy, baseline),
      baseline: (read, target) =>
        readBaseline(read, target, opType.endsWith('Monitor') ? 'monitoring' : 'process', GOALS[wanted]),
      snapshot: clusterNow,
      progress: clusterIdle(GOALS[wanted]),
      verify: processesAre(GOALS[wanted]),
      findEvidence: evidenceOfOperation(GOALS[wanted]),
    },
  })
}

/** The cluster must be free, for it does one thing at a time; then the set is resolved, and seen as it is. */
async function readBaseline(read: Read, target: ClusterTarget, subject: Subject, wanted: Goal): Promise<Targeted> {
  const { verdict, observed } = judgeStatus(await readClusterStatus(read, target.clusterId))
  if (verdict !== 'done') {
    const kind = verdict === 'failed' ? 'unsupported' : 'busy'
    throw new CloudError({ operation: 'emr.cluster.show', kind, change: 'none', what: `the cluster is ${observed}` })
  }
  const targeted = await resolveProcesses(read, target, subject)
  if (!wanted.mayHaveBeen) return targeted
  const { total, missing } = await observeProcesses(read, target.clusterId, targeted, wanted)
  return { ...targeted, wereSo: total - missing.length }
}

/** Longer than any restart that somebody would still wait for. */
const MAX_MINUTES = 24 * 60

function minutesOfBatches(strategy: Strategy | undefined, { services }: Targeted): number {
  if (!strategy?.rolling) return 0
  const nodes = services.flatMap(({ components }) => components.map((one) => one.nodes.length))
  const batches = nodes.reduce((sum, count) => sum + Math.ceil(count / strategy.batchSize), 0)
  return Math.min(MAX_MINUTES, Math.ceil((batches * batchSeconds(strategy)) / 60))
}

const OptionalStrategy = z.strictObject({ strategy: z.optional(Strategy) })

const OPERATIONS: readonly LifecycleOperation[] = [
  emrOperation({
    name: 'emr.service.start',
    opType: 'StartService',
    summary: 'Starts processes of services',
    params: OptionalStrategy,
    wanted: 'started',
  }),
  emrOperation({
    name: 'emr.service.stop',
    opType: 'StopService',
    summary: 'Stops (pauses) processes of services',
    params: z.extend(OptionalStrategy, { stop: z.optional(Stop) }),
    wanted: 'stopped',
  }),
  emrOperation({
    name: 'emr.service.restart',
    opType: 'RestartService',
    summary: 'Restarts processes of services; `strategy` must say how',
    params: z.strictObject({ strategy: Strategy }),
    wanted: 'restarted',
  }),
  // Named by the wire: "monitor" is the daemon that watches processes and brings them back.
  emrOperation({
    name: 'emr.monitor.start',
    opType: 'StartMonitor',
    summary: 'LEAVES maintenance: processes are watched and brought back again',
    params: OptionalStrategy,
    wanted: 'monitored',
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
    wanted: 'inMaintenance',
  }),
]

/** Elastic MapReduce. Its schemas are those of the params that several operations take. */
export const emr: ServiceOffer = {
  service: EMR,
  operations: OPERATIONS,
  schemas: { EmrStrategy: Strategy, EmrStop: Stop },
}
