import * as z from 'zod'
import { LogLine, logRequest, MAX_RECORDS } from '../server/request-log.ts'

const DcsNode = z.object({
  node_id: z.string(),
  logical_node_id: z.string(),
  replication_id: z.string(),
  name: z.string(),
  group_id: z.string(),
  group_name: z.string(),
  role: z.enum(['master', 'slave']),
  az_code: z.string(),
  ip: z.string(),
  port: z.string(),
  /** Documented: Creating, Active, Inactive, Deleting, AddSharding. That a stopped node is Inactive is inferred. */
  status: z.string(),
  priority_weight: z.number(),
})
export type DcsNode = z.infer<typeof DcsNode>

const DcsInstance = z.object({
  instance_id: z.string(),
  name: z.string(),
  cache_mode: z.enum(['single', 'ha', 'cluster']),
  /** The status at rest; while work runs, the shown status follows from the work. */
  status: z.string(),
  created_at: z.number(),
  nodes: z.array(DcsNode),
})
export type DcsInstance = z.infer<typeof DcsInstance>

const WORK_KINDS = [
  'nodeStart',
  'nodeStop',
  'swap',
  'switchover',
  'restart',
  'softRestart',
  'flush',
  'stop',
  'start',
  'backup',
] as const
export type WorkKind = (typeof WORK_KINDS)[number]

/** One piece of work on one instance. Jobs, tasks and the shown status are views of it. Times are epoch ms. */
const DcsWork = z.object({
  id: z.string(),
  /** Work whose answer names no job has one, too: task lists show it. Absent only in states saved before that. */
  jobId: z.string().optional(),
  backupId: z.string().optional(),
  kind: z.enum(WORK_KINDS),
  instanceId: z.string(),
  nodeIds: z.array(z.string()),
  acceptedAt: z.number(),
  startAt: z.number(),
  endAt: z.number(),
  /** Decided at acceptance; `lie` reports success and changes nothing. */
  outcome: z.enum(['success', 'fail', 'lie']),
  settled: z.boolean(),
})
export type DcsWork = z.infer<typeof DcsWork>

const DcsBackup = z.object({
  backup_id: z.string(),
  instance_id: z.string(),
  status: z.enum(['waiting', 'backuping', 'succeed', 'failed', 'expired', 'deleted']),
  backup_type: z.enum(['manual', 'auto']),
  backup_format: z.enum(['aof', 'rdb']),
  remark: z.string(),
  created_at: z.number(),
  updated_at: z.number(),
})
export type DcsBackup = z.infer<typeof DcsBackup>

const RecordedRequest = LogLine.extend({ path: z.string(), action: z.string().optional() })
export type RecordedDcsRequest = z.infer<typeof RecordedRequest>

export const DcsState = z.object({
  instances: z.array(DcsInstance),
  works: z.array(DcsWork),
  backups: z.array(DcsBackup),
  requests: z.array(RecordedRequest),
  /** By method. */
  counts: z.record(z.string(), z.number()),
})
export type DcsState = z.infer<typeof DcsState>

/** Adds to the request log in place, and drops the oldest of everything that grows. */
export function recordDcsRequest(state: DcsState, request: RecordedDcsRequest): void {
  logRequest(state, request, request.method)
  state.backups.splice(0, state.backups.length - MAX_RECORDS)
}
