import { brief, type Evidence, type Facts, type Read } from '../tracking.ts'
import { evidenceByJob, findSubmittedTask } from './find-submitted-task.ts'
import { Before } from './instance-status.ts'
import { isActive, isProxy, NodesBefore, targetedNodes } from './node-probes.ts'
import { listLogicalNodes, showInstance } from './reads.ts'
import { meaningOf } from './states.ts'
import { type DcsTarget, whereSupported } from './target.ts'

/**
 * What shows of work on an instance or its nodes whose answer was lost. That such work is listed as a task is documented
 * nowhere: where it is, it counts; where it is not, that proves nothing.
 */

interface StatusSigns {
  /** What the instance shows meanwhile. */
  shows: string
  /** What it shows afterwards, and nothing but this work leads to. */
  after: readonly string[]
  /** How its task may be called. */
  task: RegExp
}

const START = /(?<!re)start/i
const STOP = /stop|close|shutdown/i

const RESTART: StatusSigns = { shows: 'RESTARTING', after: [], task: /restart/i }

/** By action. After a restart and a flush an instance shows what it showed before. */
export const STATUS_SIGNS = {
  restart: RESTART,
  soft_restart: RESTART,
  flush: { shows: 'FLUSHING', after: [], task: /flush/i },
  stop: { shows: 'CLOSING', after: ['CLOSED'], task: STOP },
  start: { shows: 'STARTING', after: ['RUNNING'], task: START },
} as const satisfies Record<string, StatusSigns>

export function evidenceByStatus({ shows, after, task }: StatusSigns) {
  return async (read: Read, facts: Facts<DcsTarget>): Promise<Evidence> => {
    const { target, baseline } = facts
    const { instanceId } = target
    const shown = await read(showInstance, { instanceId })
    const status = shown.status.trim().toUpperCase()
    const before = Before.safeParse(baseline).data?.status.trim().toUpperCase()
    const observed = `INSTANCE ${status}`
    // Whatever was at work on it before may show still, and lead anywhere.
    const wasFree = before !== undefined && meaningOf(before) !== 'work'
    const { own, observed: its } = await findSubmittedTask(read, facts, task)
    // Where there is a task, its job is followed; the status shows late, and would not tell that the task has ended badly.
    if (own && (own.jobId || own.stage !== 'other'))
      return { begun: 'working', ...(own.jobId ? { jobId: own.jobId } : {}), observed: its }
    const isSign = status === shows || (after.includes(status) && !after.includes(before ?? ''))
    return wasFree && isSign ? { begun: 'working', observed } : { unclear: brief(`${observed}, ${its}`) }
  }
}

interface NodeSigns {
  as: string
  good: (active: boolean) => boolean
  task: RegExp
}

/** By action. */
export const NODE_SIGNS = {
  start: { as: 'ACTIVE', good: (active) => active, task: new RegExp(`node|${START.source}`, 'i') },
  stop: { as: 'NOT ACTIVE', good: (active) => !active, task: new RegExp(`node|${STOP.source}`, 'i') },
} as const satisfies Record<string, NodeSigns>

export function evidenceByNodes({ as, good, task }: NodeSigns) {
  return async (read: Read, facts: Facts<DcsTarget>): Promise<Evidence> => {
    const { target, baseline } = facts
    const { instanceId } = target
    const listed = await whereSupported(read(listLogicalNodes, { instanceId }))
    const all = listed?.nodes ?? []
    const targeted = targetedNodes(target.nodeIds ? all : all.filter((node) => !isProxy(node)), target)
    const there = targeted.filter((node) => node !== undefined).filter((node) => good(isActive(node)))
    const before = NodesBefore.safeParse(baseline).data?.nodes ?? []
    const changed = there.filter((node) =>
      before.some((one) => one.id === node.logical_node_id && !good(isActive(one))),
    )
    const observed = `${there.length} OF ${targeted.length} ${as}`
    if (there.length === targeted.length && changed.length > 0) return { begun: 'done', observed }
    return evidenceByJob(await findSubmittedTask(read, facts, task), observed)
  }
}
