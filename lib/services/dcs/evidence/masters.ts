import { brief, type Evidence, type Facts, type Read } from '../../tracking.ts'
import { compareMasters, masterBefore, readMasters } from '../probes/masters.ts'
import { showInstance, workOn } from '../reads.ts'
import { type DcsTarget, whereSupported } from '../target.ts'
import { evidenceByJob, findSubmittedTask } from './find-submitted-task.ts'

/** What shows of a swap or a failover whose answer was lost. */

/** The documented name of its task, in both lists, and of its job. */
const SWAP = /^masterStandbySwapJob$/i

/**
 * Of our operations only this one is documented as listed. Its absence is no proof all the same: lists lag, and a request may
 * arrive until its signature is too old (15 min).
 * https://support.huaweicloud.com/eu/api-dcs/ListBackgroundTask.html
 */
export async function evidenceOfSwap(read: Read, facts: Facts<DcsTarget>): Promise<Evidence> {
  const { target, baseline } = facts
  const { instanceId } = target
  const [shown, masters] = await Promise.all([
    read(showInstance, { instanceId }),
    whereSupported(readMasters(read, target)),
  ])
  // Last, so that it lists what began, or even ended, between these reads.
  const search = await findSubmittedTask(read, facts, SWAP)
  const { own, observed: task } = search
  if (own?.jobId) return { begun: 'working', jobId: own.jobId, observed: task }
  const compared = compareMasters(baseline, masters)
  if (compared === 'changed') return { begun: 'done', observed: 'MASTER CHANGED' }
  if (own?.stage === 'succeeded') return { begun: 'done', observed: task }
  const shows = [shown.status.trim().toUpperCase(), workOn(shown)].filter((one) => one !== undefined).join(', ')
  if (own) return evidenceByJob(search, shows)
  const roles = compared === 'unknown' ? 'MASTERS NOT COMPARED' : 'MASTERS AS BEFORE'
  return { unclear: brief(`${shows}, ${roles}, ${task}`) }
}

/** How its task may be called; the simulators call it as that of a swap. */
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
  const shows = !isMaster ? 'ANOTHER NODE' : before ? 'MASTER AS BEFORE' : 'MASTER NOT COMPARED'
  return evidenceByJob(await findSubmittedTask(read, facts, FAILOVER), shows)
}
