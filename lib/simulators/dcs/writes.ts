import * as z from 'zod'
import { jsonAnswer, type SimulatedAnswer, textAnswer } from '../server/answer.ts'
import { dcsError } from './answers.ts'
import { fieldsOf, type Handler, type InstanceHandler, instanceOf, UNKNOWN_DCS_FIELDS } from './call.ts'
import type { DcsContext } from './context.ts'
import type { DcsQuirks } from './quirks.ts'
import type { DcsInstance, WorkKind } from './state.ts'
import { beginDcsWork, refusalOfWork } from './work.ts'

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
const MAX_INSTANCES = 50
const Ids = z.array(z.string()).nonempty()

/** The four bodies that SDKs, Terraform provider and documentation allow for. */
const JOB_ID_FORMS: Record<DcsQuirks['jobIdForm'], (jobId: string) => SimulatedAnswer> = {
  json: (jobId) => jsonAnswer({ job_id: jobId, ...UNKNOWN_DCS_FIELDS }),
  'json-string': (jobId) => jsonAnswer(jobId),
  prefixed: (jobId) => textAnswer(`job_id:${jobId}`),
  bare: (jobId) => textAnswer(jobId),
}

/** PUT …/nodes/status (ChangeNodesStartStopStatus). */
export const handleChangeNodes: InstanceHandler = (context, instance, call) => {
  const body = fieldsOf(call, ['node_ids', 'action'])
  if ('refusal' in body) return body.refusal
  const kind = NODE_ACTIONS.get(body.fields.action)
  if (!kind) return dcsError('DCS.4064')
  const nodeIds = nodeIdsOf(instance, body.fields.node_ids)
  if (!nodeIds) return dcsError('DCS.3053')
  const refusal = refusalOfWork(context, kind, instance)
  if (refusal) return refusal
  if (kind === 'nodeStop' && instance.cache_mode !== 'single' && !hasFreshBackup(context, instance))
    return dcsError('DCS.2001')
  return JOB_ID_FORMS[context.quirks.jobIdForm](beginDcsWork(context, instance, { kind, nodeIds }).jobId)
}

/** PUT …/async-swap (ChangeMasterStandbyAsync). Refused for a cluster, whose shards fail over one by one (ExecuteClusterSwitchover). */
export const handleSwapMaster: InstanceHandler = (context, instance) => {
  if (instance.cache_mode !== 'ha') return dcsError('DCS.4855')
  const replicas = instance.nodes.filter((node) => node.role === 'slave')
  if (replicas.every((node) => node.priority_weight === 0)) return dcsError('DCS.4253')
  return (
    refusalOfWork(context, 'swap', instance) ??
    jsonAnswer({ job_id: beginDcsWork(context, instance, { kind: 'swap' }).jobId, ...UNKNOWN_DCS_FIELDS })
  )
}

/**
 * POST …/groups/{group}/replications/{node}/async-switchover (ExecuteClusterSwitchover): makes that node the master of its
 * shard. By the SDKs, it is for cluster instances. Its errors are inferred.
 */
export const handleSwitchShard: InstanceHandler = (context, instance, { params }) => {
  if (instance.cache_mode !== 'cluster') return dcsError('DCS.4855')
  const replica = instance.nodes.find((node) => node.node_id === params.node && node.group_id === params.group)
  if (!replica) return dcsError('DCS.3053')
  if (replica.role === 'master') return dcsError('DCS.4855')
  if (replica.status !== 'Active') return dcsError('DCS.4027')
  const refusal = refusalOfWork(context, 'switchover', instance)
  if (refusal) return refusal
  return jsonAnswer({
    job_id: beginDcsWork(context, instance, { kind: 'switchover', nodeIds: [replica.node_id] }).jobId,
    ...UNKNOWN_DCS_FIELDS,
  })
}

/** PUT …/instances/status (RestartOrFlushInstances). It answers no job id, and no reason where an instance failed. */
export const handleChangeInstances: Handler = (context, call) => {
  const body = fieldsOf(call, ['instances', 'action'])
  if ('refusal' in body) return body.refusal
  const ids = Ids.safeParse(body.fields.instances)
  if (!ids.success) return dcsError('DCS.4065')
  if (ids.data.length > MAX_INSTANCES) return dcsError('DCS.4100')
  const kind = BATCH_ACTIONS.get(body.fields.action)
  if (!kind) return dcsError('DCS.4064')
  const changes = ids.data.map((id) => ({ id, refusal: changeInstance(context, kind, id) }))
  const [only] = changes
  if (changes.length === 1 && only?.refusal && only.refusal !== 'failed') return only.refusal
  const results = changes.map(({ id, refusal }) => ({ instance: id, result: refusal ? 'failed' : 'success' }))
  return jsonAnswer({ results, ...UNKNOWN_DCS_FIELDS })
}

/** @returns undefined where the work has begun */
function changeInstance(context: DcsContext, kind: WorkKind, id: string): SimulatedAnswer | 'failed' | undefined {
  if (context.quirks.failedInstances.includes(id)) return 'failed'
  const instance = instanceOf(context, id)
  if ('delivery' in instance) return instance
  const refusal = refusalOfWork(context, kind, instance)
  if (!refusal) beginDcsWork(context, instance, { kind })
  return refusal
}

/** Accepts either of a node's two ids: the documentation does not say which one is meant. Absent means all nodes. */
function nodeIdsOf(instance: DcsInstance, wanted: unknown): string[] | undefined {
  if (wanted === undefined) return instance.nodes.map((node) => node.node_id)
  const ids = Ids.safeParse(wanted)
  if (!ids.success) return undefined
  const found = ids.data.map((id) => instance.nodes.find((node) => [node.node_id, node.logical_node_id].includes(id)))
  const known = found.filter((node) => node !== undefined).map((node) => node.node_id)
  return known.length === found.length ? known : undefined
}

function hasFreshBackup(context: DcsContext, instance: DcsInstance): boolean {
  return context.state.backups.some(
    (backup) =>
      backup.instance_id === instance.instance_id &&
      backup.status === 'succeed' &&
      context.now() - backup.updated_at < BACKUP_VALID_MS,
  )
}
