import { takeOne } from '../server/faults.ts'
import { componentOf } from './components.ts'
import type { EmrContext } from './context.ts'
import { OPERATIONS } from './operations.ts'
import type { EmrCountingQuirk } from './quirks.ts'
import type { EmrCluster, EmrProcess, EmrState, EmrWork, OpType, Step } from './state.ts'

/** An operation as it is accepted. */
export interface WorkOrder {
  op: OpType
  processes: EmrProcess[]
  /** The scope is narrower than whole services. */
  namesComponents: boolean
  /** Absent: all at once. */
  batchSize?: number
  timeWaitSeconds: number
}

/** Cluster statuses: an operation is accepted only at `IDLE`; `EXECUTING` is somebody else's work. */
const IDLE = 2
const EXECUTING = 7

/** Applies the effects of all work up to now. Without timers, a kill loses none. */
export function settleEmrWork(state: EmrState, nowMs: number): void {
  for (const work of state.works.filter((one) => !one.settled)) {
    const cluster = state.clusters.find((candidate) => candidate.id === work.clusterId)
    for (const step of work.steps) if (!step.ended && nowMs >= step.beginAt) takeStep(step, { cluster, work, nowMs })
    work.settled = work.idleAt !== undefined && nowMs >= work.idleAt
  }
}

/** The status that DescribeInstances shows. Call `settleEmrWork` first. */
export function statusOf(context: EmrContext, cluster: EmrCluster): number {
  const work = openWork(context.state, cluster.id)
  if (work && context.now() >= work.busyAt && work.shows !== IDLE) return context.quirks.workingStatus || work.shows
  return context.now() < context.quirks.busyUntilMs ? EXECUTING : cluster.status
}

/** Whether a new operation is refused, also while accepted work does not show yet. */
export function isBusy(context: EmrContext, cluster: EmrCluster): boolean {
  return openWork(context.state, cluster.id) !== undefined || statusOf(context, cluster) !== IDLE
}

/** Accepts work, and decides all its steps and their times. */
export function beginEmrWork(context: EmrContext, cluster: EmrCluster, order: WorkOrder): void {
  const { quirks, workMs } = context
  const acceptedAt = context.now()
  const busyAt = acceptedAt + workMs.beforeBusy
  const batches = batchesOf(cluster, order)
  const batchMs = workMs[order.op] / batches.length + order.timeWaitSeconds * workMs.timeWaitSecond
  const steps = batches.flatMap((batch, i) => {
    const times = { beginAt: busyAt + i * batchMs, endAt: busyAt + (i + 1) * batchMs }
    return batch.map(({ service, component, ip }) => ({ service, component, ip, ...times }))
  })
  const endAt = busyAt + batches.length * batchMs
  const quirk = takeQuirk(context, order)
  context.state.works.push({
    id: context.newId(),
    op: order.op,
    clusterId: cluster.id,
    acceptedAt,
    busyAt,
    ...(quirk === 'blocked' ? {} : { idleAt: endAt + quirks.statusTwoLateMs }),
    shows: quirks.staysIdle && order.namesComponents ? IDLE : OPERATIONS[order.op].shows,
    steps: STEPS_BY_QUIRK[quirk ?? 'none'](steps.map((step) => ({ ...step, fate: 'done', ended: false }))),
    settled: false,
  })
}

/** Changes the steps of work. `neverBack` loses the last process, so that all others are done by then. */
const STEPS_BY_QUIRK: Record<EmrCountingQuirk | 'none', (steps: Step[]) => Step[]> = {
  none: (steps) => steps,
  failing: () => [],
  neverBack: (steps) => steps.map((step, i) => (i === steps.length - 1 ? { ...step, fate: 'lost' } : step)),
  blocked: (steps) => steps.filter((step) => step.beginAt === steps[0]?.beginAt),
}

function takeQuirk(context: EmrContext, { op }: WorkOrder): EmrCountingQuirk | undefined {
  const bringsUp = op === 'RestartService' || op === 'StartService'
  const possible: EmrCountingQuirk[] = bringsUp ? ['failing', 'blocked', 'neverBack'] : ['failing', 'blocked']
  return possible.find((quirk) => takeOne(context.quirks, quirk))
}

/** Standby processes come before active ones. Stopped processes come last: a start concerns them alone. */
function batchesOf(cluster: EmrCluster, { processes, batchSize = processes.length }: WorkOrder): EmrProcess[][] {
  const rank = (process: EmrProcess) => Number(!process.started) * 2 + Number(isActiveProcess(cluster, process))
  const ordered = processes.toSorted((a, b) => rank(a) - rank(b))
  return Array.from({ length: Math.ceil(ordered.length / batchSize) }, (_, i) =>
    ordered.slice(i * batchSize, (i + 1) * batchSize),
  )
}

interface Progress {
  cluster: EmrCluster | undefined
  work: EmrWork
  nowMs: number
}

function takeStep(step: Step, { cluster, work, nowMs }: Progress): void {
  const process = cluster?.processes.find(
    ({ service, component, ip }) => service === step.service && component === step.component && ip === step.ip,
  )
  if (!process) return
  OPERATIONS[work.op].begin?.(process)
  if (nowMs < step.endAt) return
  if (step.fate === 'done') OPERATIONS[work.op].end(process, step.endAt)
  step.ended = true
}

function openWork(state: EmrState, clusterId: string): EmrWork | undefined {
  return state.works.find((work) => work.clusterId === clusterId && !work.settled)
}

/** The first process of an HA component is always the active one: failover is not simulated. */
export function isActiveProcess(cluster: EmrCluster, process: EmrProcess): boolean {
  const first = cluster.processes.find(
    ({ service, component }) => service === process.service && component === process.component,
  )
  return componentOf(process.component).isHa === true && first === process
}
