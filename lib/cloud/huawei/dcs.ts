import * as z from 'zod'
import { type Acceptance, type LifecycleOperation, lifecycle } from '../lifecycle.ts'
import type { RequestParts } from '../operation.ts'
import type { Read, Tracking } from '../tracking.ts'
import {
  type DcsTarget,
  job,
  mastersChanged,
  nodesActive,
  nodesNotActive,
  readMasters,
  running,
  stopped,
} from './dcs-probes.ts'
import { InstanceId, JobId, listLogicalNodes, showInstance } from './dcs-reads.ts'

/**
 * The lifecycle operations of Distributed Cache Service (Redis), as data.
 *
 * All are `once`: DCS takes no idempotency token, and a second call finds the first one's work under way.
 */

const DOCS = 'https://support.huaweicloud.com/intl/en-us/api-dcs'

const Region = z.string().regex(/^[a-z0-9-]{2,32}$/, 'must be a region id such as cn-north-4')

const InstanceTarget = z.strictObject({ region: Region.optional(), instanceId: InstanceId })

const NodeTarget = z.strictObject({
  ...InstanceTarget.shape,
  /** `node_id` or `logical_node_id` of the node listing; absent = all nodes of the instance. */
  nodeIds: z
    .array(z.string().regex(/^[\w-]{1,64}$/, 'must be a node id'))
    .min(1)
    .max(256)
    .refine((ids) => new Set(ids).size === ids.length, 'names a node twice')
    .optional(),
})

/** Without the region: an overridden endpoint answers for any region's name, and a UUID is one instance anywhere. */
const resource = (target: DcsTarget): string => `huawei/dcs/${target.instanceId.toLowerCase()}`

const JobAnswer = z.object({ job_id: JobId })

const jobAccepted = (output: z.infer<typeof JobAnswer>): Acceptance => ({ jobId: output.job_id })

const statusOf = async (read: Read, target: DcsTarget): Promise<{ status: string }> => {
  const { status } = await read(showInstance, { instanceId: target.instanceId })
  return { status }
}

const byJob = { firstWaitSeconds: 2, everySeconds: 5, deadlineMinutes: 30, progress: job } as const

// --- nodes/status ---------------------------------------------------------------------------------------------------

/**
 * Documented as JSON, modelled by every SDK as one raw string, and read by Huawei's Terraform provider as text with a
 * `job_id:` prefix. So: JSON object, JSON string, `job_id:<id>` and a bare id are all taken.
 */
function decodeJobId(text: string): unknown {
  const bare = /^\s*"?\s*(?:job_id\s*:)?\s*([\w-]{8,64})\s*"?\s*$/.exec(text)
  return bare ? { job_id: bare[1] } : JSON.parse(text)
}

function nodeOperation(
  action: 'start' | 'stop',
  summary: string,
): LifecycleOperation<DcsTarget, z.infer<typeof JobAnswer>> {
  return lifecycle({
    name: `dcs.node.${action}`,
    provider: 'huawei',
    summary,
    docs: `${DOCS}/ChangeNodesStartStopStatus.html`,
    effect: 'once',
    destroysData: false,
    input: NodeTarget,
    output: JobAnswer,
    resource,
    request: ({ instanceId, nodeIds }: DcsTarget): RequestParts => ({
      method: 'PUT',
      path: `/v2/{project_id}/instances/${instanceId}/nodes/status`,
      body: { action, ...(nodeIds ? { node_ids: nodeIds } : {}) },
    }),
    decode: decodeJobId,
    accepted: jobAccepted,
    tracking: {
      ...byJob,
      knownBy: `its job is SUCCESS, then the nodes are ${action === 'start' ? 'Active' : 'not Active'}`,
      baseline: async (read, { instanceId }) => {
        const { nodes } = await read(listLogicalNodes, { instanceId })
        return { nodes: nodes.slice(0, 256).map(({ logical_node_id, status }) => ({ id: logical_node_id, status })) }
      },
      verify: action === 'start' ? nodesActive : nodesNotActive,
    },
  })
}

// --- async-swap -----------------------------------------------------------------------------------------------------

const instanceSwap = lifecycle({
  name: 'dcs.instance.swap',
  provider: 'huawei',
  summary: 'Swaps master and standby of an instance',
  docs: `${DOCS}/ChangeMasterStandbyAsync.html`,
  effect: 'once',
  destroysData: false,
  input: InstanceTarget,
  output: JobAnswer,
  resource,
  request: ({ instanceId }: DcsTarget): RequestParts => ({
    method: 'PUT',
    path: `/v2/{project_id}/instances/${instanceId}/async-swap`,
  }),
  accepted: jobAccepted,
  tracking: {
    ...byJob,
    knownBy: 'its job is SUCCESS, then another node is master',
    baseline: readMasters,
    verify: mastersChanged,
  },
})

// --- instances/status -----------------------------------------------------------------------------------------------

const BatchAnswer = z.object({ results: z.array(z.object({ instance: z.string(), result: z.string() })) })

/** 200 means that each instance was taken on or not; the work itself has only begun. */
function batchAccepted({ results }: z.infer<typeof BatchAnswer>, { instanceId }: DcsTarget): Acceptance {
  const own = results.find(({ instance }) => instance.toLowerCase() === instanceId.toLowerCase())?.result.toLowerCase()
  if (own === 'success') return {}
  if (own === 'failed') return { refused: 'DCS answered result "failed" for this instance; it gives no reason' }
  return {
    unclear: `DCS answered ${own === undefined ? 'no result' : `result ${JSON.stringify(own.slice(0, 40))}`} for this instance`,
  }
}

interface BatchParts {
  verb: string
  action: string
  summary: string
  destroysData?: boolean
  tracking: Pick<Tracking<DcsTarget>, 'knownBy' | 'deadlineMinutes' | 'progress' | 'verify'>
}

function batchOperation(parts: BatchParts): LifecycleOperation<DcsTarget, z.infer<typeof BatchAnswer>> {
  return lifecycle({
    name: `dcs.instance.${parts.verb}`,
    provider: 'huawei',
    summary: parts.summary,
    docs: `${DOCS}/RestartOrFlushInstances.html`,
    effect: 'once',
    destroysData: parts.destroysData ?? false,
    input: InstanceTarget,
    output: BatchAnswer,
    resource,
    request: ({ instanceId }: DcsTarget): RequestParts => ({
      method: 'PUT',
      path: '/v2/{project_id}/instances/status',
      body: { instances: [instanceId], action: parts.action },
    }),
    accepted: batchAccepted,
    // Early, so that short work is seen at all: what was never seen to change is believed only after a minute.
    tracking: { firstWaitSeconds: 5, everySeconds: 5, baseline: statusOf, ...parts.tracking },
  })
}

const RUNNING_TWICE =
  'the instance is RUNNING with no task, twice in a row, after it was seen at work or a minute passed'

const runningAndActive = {
  knownBy: `${RUNNING_TWICE}, then all nodes are Active`,
  deadlineMinutes: 40,
  progress: running,
  verify: nodesActive,
}

/** In the order in which they are shown. */
export const DCS_OPERATIONS: readonly LifecycleOperation[] = [
  nodeOperation('start', 'Starts nodes of an instance'),
  nodeOperation('stop', 'Stops nodes of an instance; DCS asks for a backup of the last 24 h'),
  instanceSwap,
  batchOperation({
    verb: 'restart',
    action: 'restart',
    summary: 'Restarts an instance by force; without persistence its data is gone',
    tracking: runningAndActive,
  }),
  batchOperation({
    verb: 'soft-restart',
    action: 'soft_restart',
    summary: 'Restarts the processes of an instance only',
    tracking: runningAndActive,
  }),
  batchOperation({
    verb: 'flush',
    action: 'flush',
    summary: 'Deletes ALL DATA of an instance (Redis 4.0 and later)',
    destroysData: true,
    tracking: { knownBy: RUNNING_TWICE, deadlineMinutes: 30, progress: running },
  }),
  batchOperation({
    verb: 'stop',
    action: 'stop',
    summary: 'Stops an instance (Redis 4.0 and later)',
    tracking: {
      knownBy: 'the instance shows a stopped status, twice in a row',
      deadlineMinutes: 40,
      progress: stopped,
    },
  }),
  batchOperation({
    verb: 'start',
    action: 'start',
    summary: 'Starts a stopped instance (Redis 4.0 and later)',
    tracking: runningAndActive,
  }),
]
