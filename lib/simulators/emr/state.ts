import * as z from 'zod'
import { LogLine, logRequest } from '../server/request-log.ts'

/** The values of `OpType`. A trap: StopMonitor enters maintenance, StartMonitor leaves it. */
export const OP_TYPES = ['StartService', 'StopService', 'RestartService', 'StartMonitor', 'StopMonitor'] as const
export type OpType = (typeof OP_TYPES)[number]

/** One process on one node. The API calls it a role. */
const EmrProcess = z.object({
  service: z.string(),
  component: z.string(),
  ip: z.string(),
  started: z.boolean(),
  inMaintenance: z.boolean(),
  /** Epoch ms; shown with a resolution of one second. */
  lastRestartAt: z.number(),
})
export type EmrProcess = z.infer<typeof EmrProcess>

const EmrCluster = z.object({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  /** 0 is the default project. */
  projectId: z.number(),
  /** The status at rest, 2 for a healthy cluster. While work runs, the shown status follows from the work. */
  status: z.number(),
  createdAt: z.number(),
  processes: z.array(EmrProcess),
})
export type EmrCluster = z.infer<typeof EmrCluster>

/** The change of one process, and its times. Work leaves a process without a step alone. */
const Step = z.object({
  service: z.string(),
  component: z.string(),
  ip: z.string(),
  beginAt: z.number(),
  endAt: z.number(),
  /** `lost`: the step begins (the process is stopped) and never ends. */
  fate: z.enum(['done', 'lost']),
  ended: z.boolean(),
})
export type Step = z.infer<typeof Step>

/** One accepted operation. The effects of quirks are decided at acceptance. Times are epoch ms. */
const EmrWork = z.object({
  id: z.string(),
  op: z.enum(OP_TYPES),
  clusterId: z.string(),
  acceptedAt: z.number(),
  /** Until then the cluster still shows 2. */
  busyAt: z.number(),
  /** From then on the cluster shows 2 again; absent: never, as the flow is blocked. */
  idleAt: z.number().optional(),
  /** The cluster's status meanwhile; 2 where the work never shows. */
  shows: z.number(),
  steps: z.array(Step),
  settled: z.boolean(),
})
export type EmrWork = z.infer<typeof EmrWork>

const RecordedRequest = LogLine.extend({
  action: z.string(),
  opType: z.string().optional(),
  /** `HDFS`, `HDFS/NameNode` or `HDFS/NameNode@172.16.114.126`. */
  scope: z.array(z.string()).optional(),
})
export type RecordedEmrRequest = z.infer<typeof RecordedRequest>

export const EmrState = z.object({
  clusters: z.array(EmrCluster),
  works: z.array(EmrWork),
  requests: z.array(RecordedRequest),
  /** By action. */
  counts: z.record(z.string(), z.number()),
})
export type EmrState = z.infer<typeof EmrState>

/** Adds to the request log in place, and drops its oldest lines and the oldest finished work. */
export function recordEmrRequest(state: EmrState, request: RecordedEmrRequest): void {
  logRequest(state, request, request.action)
}
