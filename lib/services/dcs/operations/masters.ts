import * as z from 'zod/mini'
import { percentEncode } from '../../../cloud/huawei/sign.ts'
import { type LifecycleOperation, lifecycle } from '../../lifecycle.ts'
import { evidenceOfFailover, evidenceOfSwap } from '../evidence/masters.ts'
import { NoParams } from '../params.ts'
import { INSTANCE_FREE, NAMED_REPLICA_READY, REPLICA_READY } from '../preconditions.ts'
import { mastersChanged, nodeIsMaster, readMasters } from '../probes/masters.ts'
import { dcsApi } from '../reads.ts'
import { InstanceTarget, instanceResource, NodeId, whereSupported } from '../target.ts'
import { byJob, JobAnswer, jobAccepted } from './by-job.ts'
import { gateFor } from './gate.ts'

const instanceSwap = lifecycle({
  name: 'dcs.instance.swap',
  ...dcsApi('ChangeMasterStandbyAsync'),
  summary: 'Swaps master and standby of an instance',
  effect: 'once',
  destroysData: false,
  target: InstanceTarget,
  params: NoParams,
  output: JobAnswer,
  resource: instanceResource,
  request: ({ target: { instanceId } }) => ({
    method: 'PUT',
    path: `/v2/{project_id}/instances/${instanceId}/async-swap`,
  }),
  preconditions: [INSTANCE_FREE, REPLICA_READY],
  accepted: jobAccepted,
  tracking: {
    ...byJob,
    completionCriterion: 'its job is SUCCESS, then another node is master',
    gate: gateFor('dcs.instance.swap', 'masters'),
    baseline: (read, target) => whereSupported(readMasters(read, target)),
    verify: mastersChanged,
    findEvidence: evidenceOfSwap,
  },
})

const ShardTarget = z
  .strictObject({
    ...InstanceTarget.shape,
    groupId: NodeId.check(z.describe('`group_id` of the shard')),
    nodeId: NodeId.check(z.describe('`node_id` of the replica that becomes master')),
  })
  .check(z.describe('A replica in a shard of an instance of DCS'))

const shardFailover = lifecycle({
  name: 'dcs.shard.failover',
  ...dcsApi('ExecuteClusterSwitchover'),
  docs: 'https://support.huaweicloud.com/api-dcs/ExecuteClusterSwitchover.html',
  summary: 'Makes a replica the master of its shard in a cluster instance',
  effect: 'once',
  destroysData: false,
  target: ShardTarget,
  params: NoParams,
  output: JobAnswer,
  resource: instanceResource,
  request: ({ target: { instanceId, groupId, nodeId } }) => ({
    method: 'POST',
    // `instance` here, not `instances`.
    path: `/v2/{project_id}/instance/${instanceId}/groups/${percentEncode(groupId)}/replications/${percentEncode(nodeId)}/async-switchover`,
  }),
  preconditions: [INSTANCE_FREE, NAMED_REPLICA_READY],
  accepted: jobAccepted,
  tracking: {
    ...byJob,
    completionCriterion: 'its job is SUCCESS, then the node is master of the shard',
    gate: gateFor('dcs.shard.failover', 'masters'),
    baseline: readMasters,
    verify: nodeIsMaster,
    findEvidence: evidenceOfFailover,
  },
})

/** The operations that change which node is master. */
export const MASTER_OPERATIONS: readonly LifecycleOperation[] = [instanceSwap, shardFailover]
