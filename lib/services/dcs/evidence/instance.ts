import { brief, type Evidence, type Facts, type Read } from '../../tracking.ts'
import { InstanceBefore } from '../probes/instance.ts'
import { showInstance } from '../reads.ts'
import { meaningOf } from '../states.ts'
import type { DcsTarget } from '../target.ts'
import { findSubmittedTask } from './find-submitted-task.ts'

/**
 * Evidence of work on an instance whose answer was lost. No page says that such work is listed as a task: a listed task counts,
 * a missing one proves nothing.
 */

export interface StatusSigns {
  /** The instance's status during the work. */
  during: string
  /** Statuses after the work to which only this work leads. */
  after: readonly string[]
  /** Possible names of its task. */
  task: RegExp
}

const RESTART: StatusSigns = { during: 'RESTARTING', after: [], task: /restart/i }

/** By action. After a restart and a flush an instance has the same status as before. */
export const STATUS_SIGNS = {
  restart: RESTART,
  soft_restart: RESTART,
  flush: { during: 'FLUSHING', after: [], task: /flush/i },
  stop: { during: 'CLOSING', after: ['CLOSED'], task: /stop|close|shutdown/i },
  start: { during: 'STARTING', after: ['RUNNING'], task: /(?<!re)start/i },
} as const satisfies Record<string, StatusSigns>

export function evidenceByStatus({ during, after, task }: StatusSigns) {
  return async (read: Read, facts: Facts<DcsTarget>): Promise<Evidence> => {
    const { target, baseline } = facts
    const { instanceId } = target
    const shown = await read(showInstance, { instanceId })
    const status = shown.status.trim().toUpperCase()
    const before = InstanceBefore.safeParse(baseline).data?.status.trim().toUpperCase()
    const observed = `INSTANCE ${status}`
    // Earlier work may still show, and lead to any status; a status that we do not know may be work.
    const meant = meaningOf(before ?? '')
    const wasFree = meant !== undefined && meant !== 'work'
    const { submitted, observed: found } = await findSubmittedTask(read, facts, task)
    // A task with a job is tracked by it: the status shows late, and would not show that the task failed.
    if (submitted && (submitted.jobId || submitted.stage !== 'other')) {
      return { begun: 'working', ...(submitted.jobId ? { jobId: submitted.jobId } : {}), observed: found }
    }
    const isSign = status === during || (after.includes(status) && !after.includes(before ?? ''))
    return wasFree && isSign ? { begun: 'working', observed } : { unclear: brief(`${observed}, ${found}`) }
  }
}
