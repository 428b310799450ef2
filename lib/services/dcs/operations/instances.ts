import * as z from 'zod/mini'
import { CloudError } from '../../../cloud/errors.ts'
import type { RequestParts } from '../../../cloud/operation.ts'
import { type Acceptance, type LifecycleOperation, lifecycle } from '../../lifecycle.ts'
import type { Read, Tracking } from '../../tracking.ts'
import { ensureBackup } from '../backups.ts'
import { evidenceByStatus, STATUS_SIGNS } from '../evidence/instance.ts'
import { NoParams, RestartParams } from '../params.ts'
import { INSTANCE_FREE } from '../preconditions.ts'
import { InstanceBefore, instanceNow, running, stopped } from '../probes/instance.ts'
import { type NodesBefore, nodesActive, nodesActiveAgain, nodesNow } from '../probes/nodes.ts'
import { dcsApi, showInstance } from '../reads.ts'
import { type DcsTarget, InstanceTarget, instanceResource } from '../target.ts'
import { gateFor } from './gate.ts'

const BatchAnswer = z.object({ results: z.array(z.object({ instance: z.string(), result: z.string() })) })

/** HTTP 200 contains a result for each instance; after `success` the work has only begun. */
function accepted({ results }: z.infer<typeof BatchAnswer>, { instanceId }: DcsTarget): Acceptance {
  const own = results.find(({ instance }) => instance.toLowerCase() === instanceId.toLowerCase())
  const result = own?.result.toLowerCase()
  if (result === 'success') return {}
  if (result === 'failed') return { refused: 'DCS answered "failed" for this instance, without a reason' }
  if (result === undefined) return { unclear: 'DCS answered no result for this instance' }
  return { unclear: `DCS answered ${JSON.stringify(result.slice(0, 40))} for this instance` }
}

/** @param options `withNodes`: `verify` compares the nodes with the baseline */
function baselineOf({ withNodes }: { withNodes: boolean }) {
  return async (read: Read, target: DcsTarget, observed?: unknown): Promise<Status & Partial<NodesBefore>> => ({
    ...(await statusOf(read, target, observed)),
    ...(withNodes ? await nodesOrNothing(read, target) : {}),
  })
}

/** An instance with a fault may fail to list its nodes, and is restarted for that: they are not compared then. */
async function nodesOrNothing(read: Read, target: DcsTarget): Promise<NodesBefore | undefined> {
  try {
    return await nodesNow(read, target)
  } catch (error) {
    if (error instanceof CloudError) return undefined
    throw error
  }
}

type Status = z.infer<typeof InstanceBefore>

async function statusOf(read: Read, { instanceId }: DcsTarget, observed: unknown): Promise<Status> {
  const known = InstanceBefore.safeParse(observed).data
  if (known) return known
  const { status } = await read(showInstance, { instanceId })
  return { status }
}

/** DCS refuses more (DCS.4100). */
const MAX_INSTANCES = 50

interface Parts<Params>
  extends Pick<LifecycleOperation<DcsTarget, Params>, 'params' | 'preparation' | 'summary' | 'listedInAlarms'>,
    Partial<Pick<LifecycleOperation<DcsTarget, Params>, 'preconditions'>> {
  verb: string
  action: keyof typeof STATUS_SIGNS
  destroysData?: boolean
  tracking: Pick<Tracking<DcsTarget>, 'completionCriterion' | 'deadlineMinutes' | 'verify'>
}

function instanceOperation<Params>({ verb, action, tracking, preconditions = [], ...parts }: Parts<Params>) {
  const signs = STATUS_SIGNS[action]
  const requestFor = (targets: DcsTarget[]): RequestParts => ({
    method: 'PUT',
    path: '/v2/{project_id}/instances/status',
    body: { instances: targets.map(({ instanceId }) => instanceId), action },
  })
  return lifecycle<DcsTarget, Params, Status, z.infer<typeof BatchAnswer>>({
    name: `dcs.instance.${verb}`,
    ...dcsApi('RestartOrFlushInstances'),
    destroysData: false,
    ...parts,
    preconditions: [INSTANCE_FREE, ...preconditions],
    effect: 'once',
    target: InstanceTarget,
    output: BatchAnswer,
    resource: instanceResource,
    request: ({ target }) => requestFor([target]),
    batch: { atMost: MAX_INSTANCES, request: (orders) => requestFor(orders.map(({ target }) => target)) },
    accepted,
    // Early probes, so that short work is seen: a status that never changed counts only after two minutes.
    tracking: {
      firstWaitSeconds: 5,
      everySeconds: 5,
      gate: gateFor(`dcs.instance.${verb}`, action),
      baseline: baselineOf({ withNodes: tracking.verify !== undefined }),
      snapshot: instanceNow,
      progress: action === 'stop' ? stopped(signs) : running(signs),
      findEvidence: evidenceByStatus(signs),
      ...tracking,
    },
  })
}

const RUNNING_TWICE =
  'the instance is RUNNING with no task, twice in a row, after it or its task was seen at work or two minutes passed'

const runningAndActive = {
  completionCriterion: `${RUNNING_TWICE}, then all nodes are Active`,
  deadlineMinutes: 40,
  verify: nodesActive,
}

const runningAndActiveAgain = {
  completionCriterion: `${RUNNING_TWICE}, then all nodes that were Active before are Active again`,
  deadlineMinutes: 40,
  verify: nodesActiveAgain,
}

/** The operations of the API `instances/status`. */
export const INSTANCE_OPERATIONS: readonly LifecycleOperation[] = [
  instanceOperation({
    verb: 'restart',
    action: 'restart',
    summary: 'Restarts an instance by force; without persistence its data is gone',
    listedInAlarms: 'instanceId',
    params: RestartParams,
    tracking: runningAndActiveAgain,
  }),
  instanceOperation({
    verb: 'soft-restart',
    action: 'soft_restart',
    summary: 'Restarts the processes of an instance only',
    params: RestartParams,
    tracking: runningAndActiveAgain,
  }),
  instanceOperation({
    verb: 'flush',
    action: 'flush',
    summary: 'Deletes ALL DATA of an instance (Redis 4.0 and later)',
    destroysData: true,
    ...ensureBackup,
    tracking: { completionCriterion: RUNNING_TWICE, deadlineMinutes: 30 },
  }),
  instanceOperation({
    verb: 'stop',
    action: 'stop',
    summary: 'Stops an instance (Redis 4.0 and later)',
    ...ensureBackup,
    tracking: { completionCriterion: 'the instance is CLOSED, twice in a row', deadlineMinutes: 40 },
  }),
  instanceOperation({
    verb: 'start',
    action: 'start',
    summary: 'Starts a stopped instance (Redis 4.0 and later)',
    params: NoParams,
    tracking: runningAndActive,
  }),
]
