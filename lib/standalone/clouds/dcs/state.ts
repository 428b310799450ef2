import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import * as z from 'zod'

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
  /** Documented: Creating, Active, Inactive, Deleting, AddSharding; that a stopped node is Inactive is inferred. */
  status: z.string(),
  priority_weight: z.number(),
})
export type DcsNode = z.infer<typeof DcsNode>

const DcsInstance = z.object({
  instance_id: z.string(),
  name: z.string(),
  cache_mode: z.enum(['single', 'ha', 'cluster']),
  /** The status at rest; what is shown while work runs is derived from the work. */
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

/** One piece of work on one instance. Jobs, tasks and the shown status are views of it; all times are epoch ms. */
const DcsWork = z.object({
  id: z.string(),
  /** Also for work whose answer names none: the task lists do. Absent only in states that were saved before that. */
  jobId: z.string().optional(),
  backupId: z.string().optional(),
  kind: z.enum(WORK_KINDS),
  instanceId: z.string(),
  nodeIds: z.array(z.string()),
  acceptedAt: z.number(),
  startAt: z.number(),
  endAt: z.number(),
  /** Decided when accepted; `lie` reports success and changes nothing. */
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

const RecordedRequest = z.object({
  at: z.number(),
  method: z.string(),
  path: z.string(),
  action: z.string().optional(),
  instances: z.array(z.string()).optional(),
  /** 0: the request was never answered. */
  status: z.number(),
  code: z.string().optional(),
})
export type RecordedRequest = z.infer<typeof RecordedRequest>

const DcsState = z.object({
  instances: z.array(DcsInstance),
  works: z.array(DcsWork),
  backups: z.array(DcsBackup),
  requests: z.array(RecordedRequest),
  /** Requests by method since the first start: goes on counting where the log has been cut. */
  counts: z.record(z.string(), z.number()),
})
export type DcsState = z.infer<typeof DcsState>

/** Bounds for a simulator that runs for weeks: the file is rewritten at each write, so it has to stay at about 1 MB. */
const MOST_REQUESTS = 5_000
const MOST_RECORDS = 1_000

/** The saved state, or nothing where no file is yet. Throws on a file that is not ours. */
export function loadState(file: string): DcsState | undefined {
  let saved: string
  try {
    saved = readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  return DcsState.parse(JSON.parse(saved))
}

/** Synchronous, and by rename: whoever is killed at any moment leaves the old file or the new one. */
export function saveState(file: string, state: DcsState): void {
  const draft = `${file}.tmp`
  writeFileSync(draft, JSON.stringify(state))
  renameSync(draft, file)
}

/** Adds to the request log, in place, and forgets the oldest beyond the bounds. */
export function recordRequest(state: DcsState, request: RecordedRequest): void {
  state.requests.push(request)
  state.counts[request.method] = (state.counts[request.method] ?? 0) + 1
  state.requests.splice(0, state.requests.length - MOST_REQUESTS)
  state.backups.splice(0, state.backups.length - MOST_RECORDS)
  const firstUnsettled = state.works.findIndex((work) => !work.settled)
  const finished = firstUnsettled === -1 ? state.works.length : firstUnsettled
  state.works.splice(0, Math.min(finished, state.works.length - MOST_RECORDS))
}
