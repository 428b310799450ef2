import type { Evidence, Facts, Read } from '../../tracking.ts'
import { isActive, isProxy, NodesBefore, targetedNodes } from '../probes/nodes.ts'
import { listLogicalNodes } from '../reads.ts'
import { type DcsTarget, whereSupported } from '../target.ts'
import { evidenceByJob, findSubmittedTask } from './find-submitted-task.ts'
import { STATUS_SIGNS } from './instance.ts'

interface NodeSigns {
  as: string
  good: (active: boolean) => boolean
  task: RegExp
}

/** By action. */
export const NODE_SIGNS = {
  start: { as: 'ACTIVE', good: (active) => active, task: new RegExp(`node|${STATUS_SIGNS.start.task.source}`, 'i') },
  stop: { as: 'NOT ACTIVE', good: (active) => !active, task: new RegExp(`node|${STATUS_SIGNS.stop.task.source}`, 'i') },
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
