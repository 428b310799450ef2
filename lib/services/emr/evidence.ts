import type { Evidence, Facts, Read } from '../tracking.ts'
import { readClusterStatus } from './clusters.ts'
import { type Goal, observeProcesses } from './goals.ts'
import { findLogged } from './operation-log.ts'
import { Targeted } from './processes.ts'
import { judgeStatus } from './states.ts'
import type { ClusterTarget } from './target.ts'

/**
 * Evidence of work on a cluster whose answer was lost. An entry in the log of operations proves that it has begun; a missing entry
 * proves nothing.
 */
export function evidenceOfOperation(goal: Goal) {
  const findInProcesses = evidenceOfProcesses(goal)
  return async (read: Read, facts: Facts<ClusterTarget>): Promise<Evidence> => {
    const evidence = await findInProcesses(read, facts)
    if ('begun' in evidence) return evidence
    const observed = await findLogged(read, facts, goal.logged)
    return observed ? { begun: 'working', observed } : evidence
  }
}

/** Evidence on the cluster and its processes. */
export function evidenceOfProcesses(goal: Goal) {
  return async (
    read: Read,
    { target: { clusterId }, baseline }: Pick<Facts<ClusterTarget>, 'target' | 'baseline'>,
  ): Promise<Evidence> => {
    const { verdict, observed } = judgeStatus(await readClusterStatus(read, clusterId))
    const cluster = `CLUSTER ${observed}`
    if (showsWork(goal, observed)) return { begun: 'working', observed: cluster }
    if (verdict !== 'done') return { unclear: cluster }
    const targeted = Targeted.parse(baseline)
    const { total, missing, unreadable } = await observeProcesses(read, { clusterId, targeted }, goal)
    const atGoal = total - missing.length - unreadable.length
    const count = `${atGoal} OF ${total} ${goal.as}`
    const before = goal.mayHaveBeen ? targeted.wereSo : 0
    if (before === undefined || atGoal <= before) return { unclear: before ? `${count}, ${before} BEFORE` : count }
    return { begun: atGoal === total ? 'done' : 'working', observed: count }
  }
}

/** Whether a cluster shows this very work; `EXECUTING COMMAND` may stand for any operation. */
export function showsWork({ during }: Goal, observed: string): boolean {
  return observed === during || observed === 'EXECUTING COMMAND'
}
