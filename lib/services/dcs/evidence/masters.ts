import { brief, type Evidence, type Facts, type Read } from '../../tracking.ts'
import { compareMasters, masterBefore, readMasters } from '../probes/masters.ts'
import { showInstance, workOn } from '../reads.ts'
import { type DcsTarget, whereSupported } from '../target.ts'
import { evidenceByJob, findSubmittedTask } from './find-submitted-task.ts'

/** Evidence of a swap or a failover whose answer was lost. */

/** The documented name of a swap's task, in both lists, and of its job. */
const SWAP = /^masterStandbySwapJob$/i

/**
 * A swap is the only one of our operations whose task is documented as listed. A missing task still proves nothing: lists lag,
 * and a request may arrive until its signature expires (15 min).
 * https://support.huaweicloud.com/eu/api-dcs/ListBackgroundTask.html
 */
export async function evidenceOfSwap(read: Read, facts: Facts<DcsTarget>): Promise<Evidence> {
  const { target, baseline } = facts
  const { instanceId } = target
  const [shown, masters] = await Promise.all([
    read(showInstance, { instanceId }),
    whereSupported(readMasters(read, target)),
  ])
  // Last, so that it lists work that began, or even ended, during these reads.
  const search = await findSubmittedTask(read, facts, SWAP)
  const { submitted, observed: task } = search
  if (submitted?.jobId) return { begun: 'working', jobId: submitted.jobId, observed: task }
  const compared = compareMasters(baseline, masters)
  if (compared === 'changed') return { begun: 'done', observed: 'MASTER CHANGED' }
  if (submitted?.stage === 'succeeded') return { begun: 'done', observed: task }
  const status = [shown.status.trim().toUpperCase(), workOn(shown)].filter((one) => one !== undefined).join(', ')
  if (submitted) return evidenceByJob(search, status)
  const roles = compared === 'unknown' ? 'MASTERS NOT COMPARED' : 'MASTERS AS BEFORE'
  return { unclear: brief(`${status}, ${roles}, ${task}`) }
}

/** Possible names of a failover's task; the simulators use that of a swap. */
const FAILOVER = /swap|switch|failover/i

export async function evidenceOfFailover(
  read: Read,
  facts: Facts<DcsTarget & { groupId: string; nodeId: string }>,
): Promise<Evidence> {
  const { target, baseline } = facts
  const { groupId, nodeId } = target
  const { masters } = await readMasters(read, target)
  const before = masterBefore(baseline, groupId)
  const isMaster = masters[groupId] === nodeId
  if (isMaster && before !== undefined && before !== nodeId) return { begun: 'done', observed: 'MASTER AS ASKED' }
  const role = !isMaster ? 'ANOTHER NODE' : before ? 'MASTER AS BEFORE' : 'MASTER NOT COMPARED'
  return evidenceByJob(await findSubmittedTask(read, facts, FAILOVER), role)
}
