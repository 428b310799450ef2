import * as z from 'zod'
import { type Answer, json, text } from '../server/answer.ts'
import { refuse } from './answers.ts'
import { fieldsOf, type Handler, type InstanceHandler, instanceOf, UNKNOWN_FIELDS } from './call.ts'
import type { DcsQuirks } from './quirks.ts'
import type { DcsInstance, WorkKind } from './state.ts'
import { beginWork, refusalOfWork } from './work.ts'
import type { DcsWorld } from './world.ts'

const NODE_ACTIONS = new Map<unknown, WorkKind>([
  ['start', 'nodeStart'],
  ['stop', 'nodeStop'],
])
const BATCH_ACTIONS = new Map<unknown, WorkKind>([
  ['restart', 'restart'],
  ['soft_restart', 'softRestart'],
  ['flush', 'flush'],
  ['stop', 'stop'],
  ['start', 'start'],
])
const BACKUP_VALID_MS = 24 * 3_600_000
const MOST_INSTANCES = 50
const Ids = z.array(z.string()).nonempty()

/** The four bodies that SDKs, Terraform provider and documentation between them make possible. */
const JOB_ID_FORMS: Record<DcsQuirks['jobIdForm'], (jobId: string) => Answer> = {
  json: (jobId) => json({ job_id: jobId, ...UNKNOWN_FIELDS }),
  'json-string': (jobId) => json(jobId),
  prefixed: (jobId) => text(`job_id:${jobId}`),
  bare: (jobId) => text(jobId),
}

/** PUT …/nodes/status (ChangeNodesStartStopStatus). */
export const changeNodes: InstanceHandler = (world, instance, call) => {
  const body = fieldsOf(call, ['node_ids', 'action'])
  if ('refusal' in body) return body.refusal
  const kind = NODE_ACTIONS.get(body.fields.action)
  if (!kind) return refuse('DCS.4064')
  const nodeIds = nodeIdsOf(instance, body.fields.node_ids)
  if (!nodeIds) return refuse('DCS.3053')
  const refusal = refusalOfWork(world, kind, instance)
  if (refusal) return refusal
  if (kind === 'nodeStop' && instance.cache_mode !== 'single' && !hasFreshBackup(world, instance))
    return refuse('DCS.2001')
  return JOB_ID_FORMS[world.quirks.jobIdForm](beginWork(world, kind, instance, { nodeIds }).jobId)
}

/** PUT …/async-swap (ChangeMasterStandbyAsync). A cluster is refused as well: its shards fail over one by one, elsewhere. */
export const swapMaster: InstanceHandler = (world, instance) => {
  if (instance.cache_mode !== 'ha') return refuse('DCS.4855')
  const replicas = instance.nodes.filter((node) => node.role === 'slave')
  if (replicas.every((node) => node.priority_weight === 0)) return refuse('DCS.4253')
  return (
    refusalOfWork(world, 'swap', instance) ??
    json({ job_id: beginWork(world, 'swap', instance).jobId, ...UNKNOWN_FIELDS })
  )
}

/**
 * POST …/groups/{group}/replications/{node}/async-switchover (ExecuteClusterSwitchover): makes that node master of its
 * shard. The SDKs say: for cluster instances, and the node is the one that becomes master. Its refusals are inferred.
 */
export const switchShard: InstanceHandler = (world, instance, { params }) => {
  if (instance.cache_mode !== 'cluster') return refuse('DCS.4855')
  const heir = instance.nodes.find((node) => node.node_id === params.node && node.group_id === params.group)
  if (!heir) return refuse('DCS.3053')
  if (heir.role === 'master') return refuse('DCS.4855')
  if (heir.status !== 'Active') return refuse('DCS.4027')
  const refusal = refusalOfWork(world, 'switchover', instance)
  if (refusal) return refusal
  return json({
    job_id: beginWork(world, 'switchover', instance, { nodeIds: [heir.node_id] }).jobId,
    ...UNKNOWN_FIELDS,
  })
}

/** PUT …/instances/status (RestartOrFlushInstances). No job id, and no reason for an instance that failed. */
export const changeInstances: Handler = (world, call) => {
  const body = fieldsOf(call, ['instances', 'action'])
  if ('refusal' in body) return body.refusal
  const ids = Ids.safeParse(body.fields.instances)
  if (!ids.success) return refuse('DCS.4065')
  if (ids.data.length > MOST_INSTANCES) return refuse('DCS.4100')
  const kind = BATCH_ACTIONS.get(body.fields.action)
  if (!kind) return refuse('DCS.4064')
  const verdicts = ids.data.map((id) => ({ id, refusal: changeInstance(world, kind, id) }))
  const [only] = verdicts
  if (verdicts.length === 1 && only?.refusal && only.refusal !== 'failed') return only.refusal
  const results = verdicts.map(({ id, refusal }) => ({ instance: id, result: refusal ? 'failed' : 'success' }))
  return json({ results, ...UNKNOWN_FIELDS })
}

/** Nothing if the work has begun. */
function changeInstance(world: DcsWorld, kind: WorkKind, id: string): Answer | 'failed' | undefined {
  if (world.quirks.failedInstances.includes(id)) return 'failed'
  const instance = instanceOf(world, id)
  if ('delivery' in instance) return instance
  const refusal = refusalOfWork(world, kind, instance)
  if (!refusal) beginWork(world, kind, instance)
  return refusal
}

/** Either of a node's two ids is taken, as which one is meant is not documented; absent means all nodes. */
function nodeIdsOf(instance: DcsInstance, wanted: unknown): string[] | undefined {
  if (wanted === undefined) return instance.nodes.map((node) => node.node_id)
  const ids = Ids.safeParse(wanted)
  if (!ids.success) return undefined
  const found = ids.data.map((id) => instance.nodes.find((node) => [node.node_id, node.logical_node_id].includes(id)))
  const known = found.filter((node) => node !== undefined).map((node) => node.node_id)
  return known.length === found.length ? known : undefined
}

function hasFreshBackup(world: DcsWorld, instance: DcsInstance): boolean {
  return world.state.backups.some(
    (backup) =>
      backup.instance_id === instance.instance_id &&
      backup.status === 'succeed' &&
      world.now() - backup.updated_at < BACKUP_VALID_MS,
  )
}
