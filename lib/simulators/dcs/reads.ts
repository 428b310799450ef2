import { jsonAnswer } from '../server/answer.ts'
import { dcsError } from './answers.ts'
import { type Handler, type InstanceHandler, pageOf, UNKNOWN_DCS_FIELDS } from './call.ts'
import type { DcsContext } from './context.ts'
import type { DcsInstance, DcsNode, DcsWork } from './state.ts'
import { openWork, phaseOf } from './work.ts'
import { KINDS } from './work-kinds.ts'

/** GET …/instances/{id} (ShowInstance). */
export const handleShowInstance: InstanceHandler = (context, instance) => jsonAnswer(instanceView(context, instance))

/** GET …/instances (ListInstances). */
export const handleListInstances: Handler = (context, { query }) => {
  const wanted = context.state.instances
    .filter((instance) => (query.get('instance_id') ?? instance.instance_id) === instance.instance_id)
    .filter((instance) => instance.name.includes(query.get('name') ?? ''))
    .map((instance) => instanceView(context, instance))
    .map((view) => ({ ...view, status: context.quirks.listedStatus || view.status }))
    .filter((view) => (query.get('status') ?? view.status) === view.status)
  const found = pageOf(wanted, query)
  return 'refusal' in found
    ? found.refusal
    : jsonAnswer({ instance_num: wanted.length, instances: found.page, ...UNKNOWN_DCS_FIELDS })
}

/** GET …/instances/{id}/logical-nodes (ShowNodesInformation). */
export const handleListNodes: InstanceHandler = (context, instance) => {
  const { quirks } = context
  const shown = { whole: instance.nodes.length, half: instance.nodes.length / 2, empty: 0, null: 0 }[quirks.nodeList]
  const nodes = instance.nodes.slice(0, shown).map((node) => nodeView(context, instance, node))
  return jsonAnswer({
    instance_id: instance.instance_id,
    total: nodes.length,
    nodes: quirks.nodeList === 'null' ? null : nodes,
    ...UNKNOWN_DCS_FIELDS,
  })
}

/** GET …/instance/{id}/groups (ListGroupReplicationInfo). */
export const handleListGroups: InstanceHandler = (context, instance) => {
  if (instance.cache_mode === 'single') return dcsError('DCS.4027')
  const groups = Map.groupBy(instance.nodes, (node) => node.group_id)
  const list = [...groups].map(([group_id, nodes]) => ({
    group_id,
    group_name: nodes[0]?.group_name,
    replication_list: nodes.map((node) => replicationView(context, instance, node)),
  }))
  return jsonAnswer({ group_count: list.length, group_list: list, ...UNKNOWN_DCS_FIELDS })
}

function instanceView(context: DcsContext, instance: DcsInstance) {
  const work = shownWork(context, instance)
  const atRest = instance.status === 'CLOSED' ? context.quirks.stoppedStatus : instance.status
  const atWork = work && (context.quirks.workingStatus || KINDS[work.kind].shows)
  return {
    instance_id: instance.instance_id,
    name: instance.name,
    engine: 'Redis',
    engine_version: '6.0',
    cache_mode: instance.cache_mode,
    capacity: 4,
    max_memory: 4096,
    used_memory: 512,
    ip: instance.nodes[0]?.ip,
    port: 6379,
    az_codes: [...new Set(instance.nodes.map((node) => node.az_code))],
    charging_mode: 0,
    created_at: new Date(instance.created_at).toISOString(),
    status: atWork || atRest,
    sub_status: 'normal',
    task: work ? KINDS[work.kind].task : null,
    ...UNKNOWN_DCS_FIELDS,
  }
}

/** The work that an instance shows: none in the lag after acceptance, and none at every second read while it flaps. */
function shownWork(context: DcsContext, instance: DcsInstance): DcsWork | undefined {
  const work = openWork(context.state, instance.instance_id)
  if (!work || phaseOf(work, context.now()) === 'accepted') return undefined
  const reads = (context.readsAtWork.get(instance.instance_id) ?? 0) + 1
  context.readsAtWork.set(instance.instance_id, reads)
  return context.quirks.flappingStatus && reads % 2 === 0 ? undefined : work
}

/** Whether a replica is still being filled by a master that its group got a moment ago. */
function isSyncing({ state, quirks, now }: DcsContext, instance: DcsInstance, replica: DcsNode): boolean {
  if (replica.role !== 'slave') return false
  const inGroup = instance.nodes.filter(({ group_id }) => group_id === replica.group_id).map(({ node_id }) => node_id)
  return state.works
    .filter((work) => work.instanceId === instance.instance_id && work.settled && work.outcome === 'success')
    .filter(({ kind, nodeIds }) => {
      if (kind === 'switchover') return nodeIds.some((id) => inGroup.includes(id))
      return kind === 'swap' || (kind === 'restart' && instance.cache_mode === 'ha')
    })
    .some(({ endAt }) => now() < endAt + quirks.replicaSyncMs)
}

function nodeView(context: DcsContext, instance: DcsInstance, node: DcsNode) {
  const status = isSyncing(context, instance, node) ? 'Inactive' : node.status
  return {
    logical_node_id: node.logical_node_id,
    node_id: node.node_id,
    name: node.name,
    status,
    az_code: node.az_code,
    node_role: 'redis-server',
    node_type: node.role,
    node_ip: node.ip,
    node_port: node.port,
    priority_weight: node.priority_weight,
    is_access: status === 'Active',
    is_remove_ip: false,
    group_id: node.group_id,
    group_name: node.group_name,
    replication_id: node.replication_id,
    dimensions: dimensionsOf(node),
    ...UNKNOWN_DCS_FIELDS,
  }
}

function replicationView(context: DcsContext, instance: DcsInstance, node: DcsNode) {
  return {
    replication_role: node.role,
    replication_ip: node.ip,
    // Documented: whether it was added later.
    is_replication: false,
    replication_id: node.replication_id,
    node_id: node.node_id,
    status: isSyncing(context, instance, node) ? 'Inactive' : node.status,
    az_code: node.az_code,
    dimensions: dimensionsOf(node),
  }
}

/** The monitored object's id differs from the node's, so that a client that confuses them fails. */
function dimensionsOf(node: DcsNode) {
  return [{ name: 'dcs_cluster_redis_node', value: [...node.node_id].reverse().join('') }]
}
