import type { Evidence, Facts, Read } from '../../tracking.ts'
import { isActive, isProxy, NodesBefore, targetedNodes } from '../probes/nodes.ts'
import { listLogicalNodes } from '../reads.ts'
import { type DcsTarget, whereSupported } from '../target.ts'
import { evidenceByJob, findSubmittedTask } from './find-submitted-task.ts'
import { STATUS_SIGNS } from './instance.ts'

/** Evidence of work on nodes whose answer was lost. */

interface NodeSigns {
  /** Shown to people. */
  goal: string
  isAtGoal: (active: boolean) => boolean
  /** Possible names of its task. */
  task: RegExp
}

/** By action. */
export const NODE_SIGNS = {
  start: {
    goal: 'ACTIVE',
    isAtGoal: (active) => active,
    task: new RegExp(`node|${STATUS_SIGNS.start.task.source}`, 'i'),
  },
  stop: {
    goal: 'NOT ACTIVE',
    isAtGoal: (active) => !active,
    task: new RegExp(`node|${STATUS_SIGNS.stop.task.source}`, 'i'),
  },
} as const satisfies Record<string, NodeSigns>

export function evidenceByNodes({ goal, isAtGoal, task }: NodeSigns) {
  return async (read: Read, facts: Facts<DcsTarget>): Promise<Evidence> => {
    const { target, baseline } = facts
    const { instanceId } = target
    const listed = await whereSupported(read(listLogicalNodes, { instanceId }))
    const all = listed?.nodes ?? []
    const targeted = targetedNodes(target.nodeIds ? all : all.filter((node) => !isProxy(node)), target)
    const atGoal = targeted.filter((node) => node !== undefined).filter((node) => isAtGoal(isActive(node)))
    const before = NodesBefore.safeParse(baseline).data?.nodes ?? []
    const changed = atGoal.filter((node) =>
      before.some((one) => one.id === node.logical_node_id && !isAtGoal(isActive(one))),
    )
    const observed = `${atGoal.length} OF ${targeted.length} ${goal}`
    if (atGoal.length === targeted.length && changed.length > 0) return { begun: 'done', observed }
    return evidenceByJob(await findSubmittedTask(read, facts, task), observed)
  }
}
