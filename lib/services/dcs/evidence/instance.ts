import { brief, type Evidence, type Facts, type Read } from '../../tracking.ts'
import { InstanceBefore } from '../probes/instance.ts'
import { showInstance } from '../reads.ts'
import { meaningOf } from '../states.ts'
import type { DcsTarget } from '../target.ts'
import { findSubmittedTask } from './find-submitted-task.ts'

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
    const before = InstanceBefore.safeParse(baseline).data?.status.trim().toUpperCase()
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
