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
const MOST_INSTANCES = 50
const Ids = z.array(z.string()).nonempty()

/** The four bodies that SDKs, Terraform provider and documentation between them make possible. */
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
  return JOB_ID_FORMS[context.quirks.jobIdForm](beginDcsWork(context, kind, instance, { nodeIds }).jobId)
}

/** PUT …/async-swap (ChangeMasterStandbyAsync). A cluster is refused as well: its shards fail over one by one, elsewhere. */
export const handleSwapMaster: InstanceHandler = (context, instance) => {
  if (instance.cache_mode !== 'ha') return dcsError('DCS.4855')
  const replicas = instance.nodes.filter((node) => node.role === 'slave')
  if (replicas.every((node) => node.priority_weight === 0)) return dcsError('DCS.4253')
  return (
    refusalOfWork(context, 'swap', instance) ??
    jsonAnswer({ job_id: beginDcsWork(context, 'swap', instance).jobId, ...UNKNOWN_DCS_FIELDS })
  )
}

/**
 * POST …/groups/{group}/replications/{node}/async-switchover (ExecuteClusterSwitchover): makes that node master of its
 * shard. The SDKs say: for cluster instances, and the node is the one that becomes master. Its refusals are inferred.
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
    job_id: beginDcsWork(context, 'switchover', instance, { nodeIds: [replica.node_id] }).jobId,
    ...UNKNOWN_DCS_FIELDS,
  })
}

/** PUT …/instances/status (RestartOrFlushInstances). No job id, and no reason for an instance that failed. */
export const handleChangeInstances: Handler = (context, call) => {
  const body = fieldsOf(call, ['instances', 'action'])
  if ('refusal' in body) return body.refusal
  const ids = Ids.safeParse(body.fields.instances)
  if (!ids.success) return dcsError('DCS.4065')
  if (ids.data.length > MOST_INSTANCES) return dcsError('DCS.4100')
  const kind = BATCH_ACTIONS.get(body.fields.action)
  if (!kind) return dcsError('DCS.4064')
  const verdicts = ids.data.map((id) => ({ id, refusal: changeInstance(context, kind, id) }))
  const [only] = verdicts
  if (verdicts.length === 1 && only?.refusal && only.refusal !== 'failed') return only.refusal
  const results = verdicts.map(({ id, refusal }) => ({ instance: id, result: refusal ? 'failed' : 'success' }))
  return jsonAnswer({ results, ...UNKNOWN_DCS_FIELDS })
}

/** Nothing if the work has begun. */
function changeInstance(context: DcsContext, kind: WorkKind, id: string): SimulatedAnswer | 'failed' | undefined {
  if (context.quirks.failedInstances.includes(id)) return 'failed'
  const instance = instanceOf(context, id)
  if ('delivery' in instance) return instance
  const refusal = refusalOfWork(context, kind, instance)
  if (!refusal) beginDcsWork(context, kind, instance)
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

function hasFreshBackup(context: DcsContext, instance: DcsInstance): boolean {
  return context.state.backups.some(
    (backup) =>
      backup.instance_id === instance.instance_id &&
      backup.status === 'succeed' &&
      context.now() - backup.updated_at < BACKUP_VALID_MS,
  )
}
