import type * as z from 'zod/mini'
import { type LifecycleOperation, lifecycle, plainIdentity } from '../../lifecycle.ts'
import { ensureBackup } from '../backups.ts'
import { evidenceByNodes, NODE_SIGNS } from '../evidence/nodes.ts'
import { NoParams } from '../params.ts'
import { NodesBefore, nodesActive, nodesNotActive, nodesNow } from '../probes/nodes.ts'
import { dcsApi } from '../reads.ts'
import { type DcsTarget, instanceResource, NodeTarget } from '../target.ts'
import { byJob, JobAnswer, jobAccepted } from './by-job.ts'
import { gateFor } from './gate.ts'

interface Parts<Params> extends Pick<LifecycleOperation<DcsTarget, Params>, 'params' | 'preparation'> {
  action: 'start' | 'stop'
  summary: string
}

/**
 * The answer is documented as JSON, modelled by every SDK as one raw string, and read by Huawei's Terraform provider as
 * text with a `job_id:` prefix. So: JSON object, JSON string, `job_id:<id>` and a bare id are all taken.
 */
function decodeJobId(text: string): unknown {
  const bare = /^"?\s*(?:job_id\s*:\s*)?([\w-]{8,64})\s*"?$/.exec(text.trim())
  return bare ? { job_id: bare[1] } : JSON.parse(text)
}

function nodeOperation<Params>({ action, ...parts }: Parts<Params>) {
  return lifecycle<DcsTarget, Params, NodesBefore | undefined, z.infer<typeof JobAnswer>>({
    name: `dcs.node.${action}`,
    ...dcsApi('ChangeNodesStartStopStatus'),
    ...parts,
    effect: 'once',
    destroysData: false,
    target: NodeTarget,
    output: JobAnswer,
    resource: instanceResource,
    identity: askedOfNodes,
    request: ({ target: { instanceId, nodeIds } }) => ({
      method: 'PUT',
      path: `/v2/{project_id}/instances/${instanceId}/nodes/status`,
      body: { action, ...(nodeIds ? { node_ids: nodeIds } : {}) },
    }),
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

/** In any order, by either of their ids; all of them by name are what naming none is. */
function askedOfNodes<Params>({ target, params, baseline }: { target: DcsTarget; params: Params; baseline?: unknown }) {
  const { nodeIds, ...instance } = target
  const plain = plainIdentity({ target: instance, params })
  if (!nodeIds) return plain
  const all = NodesBefore.safeParse(baseline).data?.nodes ?? []
  const ids = new Set(nodeIds.map((given) => all.find(({ id, nodeId }) => [id, nodeId].includes(given))?.id ?? given))
  const areAll = all.length > 0 && all.every(({ id }) => ids.has(id))
  return areAll ? plain : { ...plain, nodes: [...ids].sort() }
}

/** nodes/status. */
export const NODE_OPERATIONS: readonly LifecycleOperation[] = [
  nodeOperation({ action: 'start', summary: 'Starts nodes of an instance', params: NoParams }),
  nodeOperation({
    action: 'stop',
    summary: 'Stops nodes of an instance; DCS asks for a backup of the last 24 h',
    ...ensureBackup,
  }),
]
