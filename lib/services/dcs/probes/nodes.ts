import * as z from 'zod/mini'
import type { Observation, Probe, Read } from '../../tracking.ts'
import { listLogicalNodes, type Node } from '../reads.ts'
import { type DcsTarget, whereSupported } from '../target.ts'

/** Observes nodes before and after they, or their instance, were started, stopped or restarted. */

const NodeBefore = z.object({
  id: z.string(),
  nodeId: z.optional(z.string()),
  status: z.string(),
})
type NodeBefore = z.infer<typeof NodeBefore>

/** The part of a baseline about nodes. */
export const NodesBefore = z.object({ nodes: z.array(NodeBefore) })
export type NodesBefore = z.infer<typeof NodesBefore>

const MAX_NODES = 256

/** @returns undefined where an instance cannot list its nodes (before Redis 4.0) */
export async function nodesNow(read: Read, { instanceId }: DcsTarget): Promise<NodesBefore | undefined> {
  const listed = await whereSupported(read(listLogicalNodes, { instanceId }))
  return listed && { nodes: listed.nodes.slice(0, MAX_NODES).map(baselineOfNode) }
}

function baselineOfNode({ logical_node_id: id, node_id, status }: Node): NodeBefore {
  return { id, ...(node_id && node_id !== id ? { nodeId: node_id } : {}), status }
}

export function isProxy({ node_role, node_type }: Node): boolean {
  return [node_role, node_type].some((one) => one?.toLowerCase().includes('proxy'))
}

function beforeOf(baseline: unknown): NodeBefore[] {
  return NodesBefore.safeParse(baseline).data?.nodes ?? []
}

interface NodeGoal {
  /** Shown to people. */
  goal: string
  /** @param node undefined = it is not listed */
  isAtGoal(node: Node | undefined): boolean
  /** Whether a node must reach the goal, where the target names none. */
  counts(node: Node, baseline: unknown): boolean
  /** Whether a node that was listed before, and is not now, must reach the goal. */
  misses(before: NodeBefore): boolean
}

/** After a start: each targeted node (all, where none is named) is Active. */
export const nodesActive = nodeProbe({
  goal: 'ACTIVE',
  isAtGoal: (node) => node !== undefined && isActive(node),
  counts: () => true,
  misses: () => true,
})

/** After a restart: a node that was not Active before need not be Active now. */
export const nodesActiveAgain = nodeProbe({
  goal: 'ACTIVE',
  isAtGoal: (node) => node !== undefined && isActive(node),
  counts: (node, baseline) => !beforeOf(baseline).some((one) => one.id === node.logical_node_id && !isActive(one)),
  misses: isActive,
})

/**
 * After a node stop. The status of a stopped node is not documented, but it is not Active, and the node may have left the list.
 * Proxies keep running unless the target names them.
 */
export const nodesNotActive = nodeProbe({
  goal: 'NOT ACTIVE',
  isAtGoal: (node) => node === undefined || !isActive(node),
  counts: (node) => !isProxy(node),
  misses: () => false,
})

function nodeProbe({ goal, isAtGoal, counts, misses }: NodeGoal): Probe<DcsTarget> {
  return {
    name: 'nodes',
    values: { [goal]: 'done' },
    consecutive: 1,
    dispensable: true,
    observe: async (read, { target, baseline }): Promise<Observation> => {
      const { nodes: all } = await read(listLogicalNodes, { instanceId: target.instanceId })
      const named = targetedNodes(all, target)
      const gone = beforeOf(baseline).filter(({ id }) => !all.some((node) => node.logical_node_id === id))
      const missing = gone.filter(misses).map(() => undefined)
      const must = target.nodeIds ? named : [...named.filter((node) => node && counts(node, baseline)), ...missing]
      const atGoal = must.filter(isAtGoal)
      if (atGoal.length < must.length) {
        return { verdict: 'pending', observed: `${atGoal.length} OF ${must.length} ${goal}`, listed: true }
      }
      return {
        verdict: 'done',
        observed: goal,
        listed: true,
        ...proofOf(goal, { listed: all.length, must: must.length }),
      }
    },
  }
}

/** Some instances, e.g. before Redis 4.0, list no nodes, or none that had to reach the goal. */
function proofOf(goal: string, { listed, must }: { listed: number; must: number }): { proof: string; detail?: string } {
  const state = goal.toLowerCase()
  if (must === 0) {
    const proof = listed === 0 ? 'no nodes are listed' : `none of its ${listed} nodes had to become ${state}`
    return { proof, detail: `it was not verified that its nodes are ${state}` }
  }
  return { proof: must === 1 ? `its node is ${state}` : `all ${must} nodes are ${state}` }
}

/** The nodes that the target names by either of their ids; all nodes where it names none. Undefined = not listed. */
export function targetedNodes(all: Node[], { nodeIds }: DcsTarget): (Node | undefined)[] {
  return nodeIds?.map((id) => all.find((node) => [node.logical_node_id, node.node_id].includes(id))) ?? all
}

export function isActive({ status }: { status: string }): boolean {
  return status.toUpperCase() === 'ACTIVE'
}
