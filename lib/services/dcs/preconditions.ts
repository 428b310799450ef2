import type { Finding, Precondition } from '../precondition.ts'
import { InstanceBefore } from './probes/instance.ts'
import { type Group, listGroups, type Replica } from './reads.ts'
import { type DcsTarget, whereSupported } from './target.ts'

/** What must hold before an operation is sent to an instance. */

export const INSTANCE_FREE: Precondition<DcsTarget, unknown> = {
  name: 'instance-free',
  requires: 'the state of the instance allows it, and no work is going on there',
  shownByGate: (observed) => InstanceBefore.safeParse(observed).data?.status,
}

/**
 * DCS shows whether a replica runs (`Active`) or not, and nothing of how far it is behind: that is a metric of Cloud Eye.
 * `is_replication` says that a replica was added, not that it is new.
 * https://support.huaweicloud.com/intl/en-us/api-dcs/ShowReplicationStates.html
 */
export const REPLICA_READY: Precondition<DcsTarget, unknown> = {
  name: 'replica-ready',
  requires: 'a replica of every shard is Active',
  check: async (read, { target: { instanceId } }) => {
    const listed = await whereSupported(read(listGroups, { instanceId }))
    return replicasReady(listed?.group_list ?? [])
  },
}

/** A failover names the replica. */
export const NAMED_REPLICA_READY: Precondition<DcsTarget & { groupId: string; nodeId: string }, unknown> = {
  name: 'replica-ready',
  requires: 'the named replica is Active',
  check: async (read, { target: { instanceId, groupId, nodeId } }) => {
    const { group_list } = await read(listGroups, { instanceId })
    const replicas = group_list.find(({ group_id }) => group_id === groupId)?.replication_list ?? []
    return group_list.length === 0 ? UNREADABLE : replicaReady(replicas, nodeId)
  },
}

const UNREADABLE: Finding = { says: 'allow', reason: 'DCS does not show the states of replicas of this instance' }

/** Which replica of several becomes master is not shown: one that is Active must be there. */
function replicasReady(groups: readonly Group[]): Finding {
  const shards = groups.map(({ group_id, replication_list }) => ({
    id: group_id,
    replicas: replication_list.filter((one) => !isMaster(one)),
  }))
  const replicas = shards.flatMap((shard) => shard.replicas)
  if (groups.length === 0 || !replicas.every(({ status }) => status)) return UNREADABLE
  const figures = `${replicas.filter(isActive).length} of ${replicas.length} replicas Active`
  const without = shards.find((shard) => !shard.replicas.some(isActive))
  if (!without) return { says: 'allow', reason: 'every shard has an Active replica', figures }
  return { says: 'wait', reason: `shard ${without.id} has no Active replica: ${statesOf(without.replicas)}`, figures }
}

function replicaReady(replicas: readonly Replica[], nodeId: string): Finding {
  if (!replicas.every(({ node_id, status }) => node_id && status)) return UNREADABLE
  const named = replicas.find((one) => one.node_id === nodeId)
  if (!named) return { says: 'refuse', reason: `the shard lists no node ${nodeId}` }
  const figures = named.status ?? ''
  if (isActive(named)) return { says: 'allow', reason: `node ${nodeId} is ${figures}`, figures }
  return { says: 'wait', reason: `node ${nodeId} is not Active: ${figures}`, figures }
}

function isMaster({ replication_role }: Replica): boolean {
  return replication_role.toLowerCase() === 'master'
}

function isActive({ status }: Replica): boolean {
  return status?.trim().toUpperCase() === 'ACTIVE'
}

function statesOf(replicas: readonly Replica[]): string {
  return replicas.map(({ node_id, status }) => `${node_id ?? 'a node'} is ${status}`).join(', ') || 'it lists none'
}
