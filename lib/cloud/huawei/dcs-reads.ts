import * as z from 'zod'
import { operation } from '../operation.ts'
import { percentEncode } from './sign.ts'

/** The reads of DCS that tracking needs. Unknown fields of the answers are dropped; the clouds add fields without notice. */

const DOCS = 'https://support.huaweicloud.com/intl/en-us/api-dcs'

export const InstanceId = z
  .string()
  .toLowerCase()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a DCS instance id (a UUID)')

export const JobId = z.string().regex(/^[\w-]{1,64}$/, 'must be a DCS job id')

const OfInstance = z.strictObject({ instanceId: InstanceId })

/** `status`: INIT, RUNNING, SUCCESS or FAIL. */
export const showJob = operation({
  name: 'dcs.job.show',
  provider: 'huawei',
  docs: `${DOCS}/ShowJobInfo.html`,
  effect: 'read',
  input: z.strictObject({ jobId: JobId }),
  output: z.object({ status: z.string(), fail_reason: z.string().nullish() }),
  request: ({ jobId }) => ({ method: 'GET', path: `/v2/{project_id}/jobs/${percentEncode(jobId)}` }),
})

/**
 * `task` is not in the SDKs, but answered: whatever works on the instance; null, or absent, when idle. Huawei's Terraform
 * provider takes an instance for ready only when it is RUNNING and `task` is null.
 */
export const showInstance = operation({
  name: 'dcs.instance.show',
  provider: 'huawei',
  docs: `${DOCS}/ShowInstance.html`,
  effect: 'read',
  input: OfInstance,
  output: z.object({ status: z.string(), task: z.unknown().optional() }),
  request: ({ instanceId }) => ({ method: 'GET', path: `/v2/{project_id}/instances/${instanceId}` }),
})

const Node = z.object({
  logical_node_id: z.string(),
  node_id: z.string().nullish(),
  status: z.string(),
  node_role: z.string().nullish(),
  node_type: z.string().nullish(),
})

/** `status`: Creating, Active, Inactive, Deleting or AddSharding. */
export const listLogicalNodes = operation({
  name: 'dcs.node.list',
  provider: 'huawei',
  docs: `${DOCS}/ShowNodesInformation.html`,
  effect: 'read',
  input: OfInstance,
  output: z.object({ nodes: z.array(Node) }),
  request: ({ instanceId }) => ({ method: 'GET', path: `/v2/{project_id}/instances/${instanceId}/logical-nodes` }),
})

const Replica = z.object({ replication_role: z.string(), node_id: z.string().nullish() })

/** The shards with their replicas and roles. The path says `instance`, not `instances`. Not for single-node instances. */
export const listGroups = operation({
  name: 'dcs.group.list',
  provider: 'huawei',
  docs: `${DOCS}/ListGroupReplicationInfo.html`,
  effect: 'read',
  input: OfInstance,
  output: z.object({ group_list: z.array(z.object({ group_id: z.string(), replication_list: z.array(Replica) })) }),
  request: ({ instanceId }) => ({ method: 'GET', path: `/v2/{project_id}/instance/${instanceId}/groups` }),
})
