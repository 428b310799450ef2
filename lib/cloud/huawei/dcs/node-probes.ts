import type { Probe } from '../../tracking.ts'
import { listLogicalNodes, type Node } from './reads.ts'
import type { DcsTarget } from './target.ts'

/** What nodes show after they were started or stopped. */

/** After a start or a restart: each targeted node (all, where none is named) answers as Active. */
export const nodesActive = nodes('ACTIVE', (active) => active)

/** After a node stop. What a stopped node shows is undocumented; Active it is not. */
export const nodesNotActive = nodes('NOT ACTIVE', (active) => !active)

function nodes(wanted: string, good: (active: boolean) => boolean): Probe<DcsTarget> {
  return {
    name: 'nodes',
    values: { [wanted]: 'done' },
    consecutive: 1,
    dispensable: true,
    look: async (read, { target }) => {
      const { nodes: all } = await read(listLogicalNodes, { instanceId: target.instanceId })
      const targeted = targetedNodes(all, target)
      const there = targeted.filter((node) => node && good(isActive(node)))
      const isDone = targeted.length > 0 && there.length === targeted.length
      const proof = `${targeted.length === 1 ? 'its node is' : `all ${targeted.length} nodes are`} ${wanted.toLowerCase()}`
      if (isDone) return { verdict: 'done', said: wanted, listed: true, proof }
      return { verdict: 'pending', said: `${there.length} OF ${targeted.length} ${wanted}`, listed: true }
    },
  }
}

/** Those that the target names, by either of their ids; where it names none, all. Undefined = not there. */
export function targetedNodes(all: Node[], { nodeIds }: DcsTarget): (Node | undefined)[] {
  return nodeIds?.map((id) => all.find((node) => [node.logical_node_id, node.node_id].includes(id))) ?? all
}

export function isActive({ status }: { status: string }): boolean {
  return status.toUpperCase() === 'ACTIVE'
}
