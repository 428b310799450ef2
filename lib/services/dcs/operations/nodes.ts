import type * as z from 'zod/mini'
import { type LifecycleOperation, lifecycle, plainIdentity } from '../../lifecycle.ts'
import { ensureBackup } from '../backups.ts'
import { evidenceByNodes, NODE_SIGNS } from '../evidence/nodes.ts'
import { NoParams } from '../params.ts'
import { INSTANCE_FREE } from '../preconditions.ts'
import { NodesBefore, nodesActive, nodesNotActive, nodesNow } from '../probes/nodes.ts'
import { dcsApi } from '../reads.ts'
import { type DcsTarget, instanceResource, NodeTarget } from '../target.ts'
import { byJob, JobAnswer, jobAccepted } from './by-job.ts'
import { gateFor } from './gate.ts'

interface Parts<Params>
  extends Pick<LifecycleOperation<DcsTarget, Params>, 'params' | 'preparation'>,
    Partial<Pick<LifecycleOperation<DcsTarget, Params>, 'preconditions'>> {
  action: 'start' | 'stop'
  summary: string
}

/**
 * Accepts a JSON object, a JSON string, `job_id:<id>` and a bare id. The documentation shows JSON, the SDKs model one raw string,
 * and Huawei's Terraform provider reads text with a `job_id:` prefix.
 */
function decodeJobId(text: string): unknown {
  const bare = /^"?\s*(?:job_id\s*:\s*)?([\w-]{8,64})\s*"?$/.exec(text.trim())
  return bare ? { job_id: bare[1] } : JSON.parse(text)
}

function nodeOperation<Params>({ action, preconditions = [], ...parts }: Parts<Params>) {
  return lifecycle<DcsTarget, Params, NodesBefore | undefined, z.infer<typeof JobAnswer>>({
    name: `dcs.node.${action}`,
    ...dcsApi('ChangeNodesStartStopStatus'),
    ...parts,
    effect: 'once',
    destroysData: false,
    target: NodeTarget,
    output: JobAnswer,
    resource: instanceResource,
    identity: identityOfNodes,
    request: ({ target: { instanceId, nodeIds } }) => ({
      method: 'PUT',
      path: `/v2/{project_id}/instances/${instanceId}/nodes/status`,
      body: { action, ...(nodeIds ? { node_ids: nodeIds } : {}) },
    }),
    preconditions: [INSTANCE_FREE, ...preconditions],
    decode: decodeJobId,
    accepted: jobAccepted,
    tracking: {
      ...byJob,
      completionCriterion: `its job is SUCCESS, then the nodes are ${action === 'start' ? 'Active' : 'not Active'}`,
      gate: gateFor(`dcs.node.${action}`, 'nodes'),
      baseline: nodesNow,
      verify: action === 'start' ? nodesActive : nodesNotActive,
      findEvidence: evidenceByNodes(NODE_SIGNS[action]),
    },
  })
}

/** Ignores the order of nodes and which of their ids is given; naming all nodes equals naming none. */
function identityOfNodes<Params>({
  target,
  params,
  baseline,
}: {
  target: DcsTarget
  params: Params
  baseline?: unknown
}) {
  const { nodeIds, ...instance } = target
  const plain = plainIdentity({ target: instance, params })
  if (!nodeIds) return plain
  const all = NodesBefore.safeParse(baseline).data?.nodes ?? []
  const ids = new Set(nodeIds.map((given) => all.find(({ id, nodeId }) => [id, nodeId].includes(given))?.id ?? given))
  const isAll = all.length > 0 && all.every(({ id }) => ids.has(id))
  return isAll ? plain : { ...plain, nodes: [...ids].sort() }
}

/** The operations of the API `nodes/status`. */
export const NODE_OPERATIONS: readonly LifecycleOperation[] = [
  nodeOperation({ action: 'start', summary: 'Starts nodes of an instance', params: NoParams }),
  nodeOperation({
    action: 'stop',
    summary: 'Stops nodes of an instance; DCS requires a backup of the last 24 h',
    ...ensureBackup,
  }),
]
