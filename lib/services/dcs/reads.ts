import * as z from 'zod/mini'
import { percentEncode } from '../../cloud/huawei/sign.ts'
import { jsonText } from '../../cloud/json.ts'
import { type Operation, operation, type WorkPage } from '../../cloud/operation.ts'
import type { Service } from '../../cloud/service.ts'
import { DCS } from './service.ts'

/** The reads that tracking needs. Unknown fields of answers are dropped, because the clouds add fields without notice. */

/** The name of an API of DCS, and its page. */
export function dcsApi(name: string): { api: string; docs: string; service: Service } {
  return { api: name, docs: `https://support.huaweicloud.com/intl/en-us/api-dcs/${name}.html`, service: DCS }
}

export const InstanceId = z
  .string()
  .check(
    z.toLowerCase(),
    z.regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a DCS instance id (a UUID)'),
    z.describe('id of the instance, a UUID'),
  )

export const JobId = z.string().check(z.regex(/^[\w-]{1,64}$/, 'must be a DCS job id'))

export const OfInstance = z.strictObject({ instanceId: InstanceId })

/** An instant in the format of DCS queries: `yyyyMMddHHmmss`, UTC. */
export function stamp(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:T]|\..*/g, '')
}

/** `status`: INIT, RUNNING, SUCCESS or FAIL. */
export const showJob = operation({
  name: 'dcs.job.show',
  ...dcsApi('ShowJobInfo'),
  effect: 'read',
  input: z.strictObject({ jobId: JobId }),
  output: z.object({ status: z.string(), fail_reason: z.nullish(z.string()) }),
  request: ({ jobId }) => ({ method: 'GET', path: `/v2/{project_id}/jobs/${percentEncode(jobId)}` }),
})

const Instance = z.object({ status: z.string(), task: z.optional(z.unknown()) })

/**
 * The answer's `task`, which the SDKs do not know, is the work on the instance; null or absent when idle. Huawei's Terraform
 * provider waits for RUNNING and a null `task`.
 */
export const showInstance = operation({
  name: 'dcs.instance.show',
  ...dcsApi('ShowInstance'),
  effect: 'read',
  input: OfInstance,
  output: Instance,
  request: ({ instanceId }) => ({ method: 'GET', path: `/v2/{project_id}/instances/${instanceId}` }),
})

/** DCS takes no more (`limit`). */
export const INSTANCES_A_PAGE = 1000

/** Listed instances have some fifty fields each: a full page has about two megabytes. */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024

/** The instances of the project that have a status. */
export const Listed = z.extend(Instance, { instance_id: z.string() })
type Listed = z.infer<typeof Listed>

function listInstances(status: string): Operation<{ page: number }, WorkPage<z.infer<typeof Instance>>> {
  const isAtWork = (one: Listed): boolean => one.status.trim().toUpperCase() === status
  return operation({
    name: 'dcs.instance.list',
    ...dcsApi('ListInstances'),
    effect: 'read',
    maxBytes: MAX_PAGE_BYTES,
    input: z.strictObject({ page: z.int() }),
    output: z.pipe(
      z.object({ instance_num: z.int(), instances: listOf(Listed) }),
      z.transform(({ instance_num: total, instances }) => ({
        ...{ rows: instances.length, total },
        atWork: instances.filter(isAtWork).map((one): [string, Listed] => [one.instance_id.toLowerCase(), one]),
      })),
    ),
    request: ({ page }) => ({
      method: 'GET',
      path: '/v2/{project_id}/instances',
      query: { status, offset: String(page * INSTANCES_A_PAGE), limit: String(INSTANCES_A_PAGE) },
    }),
  })
}

/** `showInstance` for an instance that was at work: a list may answer that it still has this status. */
export function showInstanceAtWork(status: string): typeof showInstance {
  const keyOf = ({ instanceId }: z.infer<typeof OfInstance>): string => instanceId.toLowerCase()
  return { ...showInstance, shared: { kind: `instances ${status}`, keyOf, list: listInstances(status) } }
}

/** Names the work on an instance; undefined = idle. */
export function workOn({ task }: { task?: unknown }): string | undefined {
  const isIdle = task === null || task === undefined || task === ''
  return isIdle ? undefined : `TASK ${jsonText(task).slice(0, 40)}`
}

const Node = z.object({
  logical_node_id: z.string(),
  node_id: z.nullish(z.string()),
  status: z.string(),
  node_role: z.nullish(z.string()),
  node_type: z.nullish(z.string()),
})
export type Node = z.infer<typeof Node>

/** A list that is null when empty, by the SDK. */
export function listOf<One extends z.ZodMiniType>(one: One) {
  return z.pipe(
    z.nullish(z.array(one)),
    z.transform((list) => list ?? []),
  )
}

/** `status`: Creating, Active, Inactive, Deleting or AddSharding. Only for Redis 4.0 and later; nothing while it is created. */
export const listLogicalNodes = operation({
  name: 'dcs.node.list',
  ...dcsApi('ShowNodesInformation'),
  effect: 'read',
  input: OfInstance,
  output: z.object({ nodes: listOf(Node) }),
  request: ({ instanceId }) => ({ method: 'GET', path: `/v2/{project_id}/instances/${instanceId}/logical-nodes` }),
})

const Replica = z.object({
  replication_role: z.string(),
  node_id: z.nullish(z.string()),
  /** Active or Inactive. */
  status: z.nullish(z.string()),
})
export type Replica = z.infer<typeof Replica>

const Group = z.object({ group_id: z.string(), replication_list: listOf(Replica) })
export type Group = z.infer<typeof Group>

/** The shards with their replicas and roles. Its path has `instance`, not `instances`. Not for single-node instances. */
export const listGroups = operation({
  name: 'dcs.group.list',
  ...dcsApi('ListGroupReplicationInfo'),
  effect: 'read',
  input: OfInstance,
  output: z.object({ group_list: listOf(Group) }),
  request: ({ instanceId }) => ({ method: 'GET', path: `/v2/{project_id}/instance/${instanceId}/groups` }),
})
