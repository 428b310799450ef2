import * as z from 'zod/mini'
import type { Observation, Probe, Read } from '../../tracking.ts'
import { listLogicalNodes, type Node } from '../reads.ts'
import { type DcsTarget, whereSupported } from '../target.ts'

/** What nodes show before and after they, or their instance, were started, stopped or restarted. */

const NodeBefore = z.object({
  id: z.string(),
  nodeId: z.optional(z.string()),
  status: z.string(),
})
type NodeBefore = z.infer<typeof NodeBefore>

/** What a baseline keeps of the nodes. */
export const NodesBefore = z.object({ nodes: z.array(NodeBefore) })
export type NodesBefore = z.infer<typeof NodesBefore>

const MAX_NODES = 256

/** @returns undefined where an instance cannot list its nodes (before Redis 4.0) */
export async function nodesNow(read: Read, { instanceId }: DcsTarget): Promise<NodesBefore | undefined> {
  const listed = await whereSupported(read(listLogicalNodes, { instanceId }))
  return listed && { nodes: listed.nodes.slice(0, MAX_NODES).map(seenOf) }
}

function seenOf({ logical_node_id: id, node_id, status }: Node): NodeBefore {
  return { id, ...(node_id && node_id !== id ? { nodeId: node_id } : {}), status }
}

export function isProxy({ node_role, node_type }: Node): boolean {
  return [node_role, node_type].some((one) => one?.toLowerCase().includes('proxy'))
}

function beforeOf(baseline: unknown): NodeBefore[] {
  return NodesBefore.safeParse(baseline).data?.nodes ?? []
}

/** After a start: each targeted node (all, where none is named) answers as Active. */
export const nodesActive = nodes(
  'ACTIVE',
  (node) => node !== undefined && isActive(node),
  () => true,
  () => true,
)

/** After a restart: a node that was not Active before need not be it now. */
export const nodesActiveAgain = nodes(
  'ACTIVE',
  (node) => node !== undefined && isActive(node),
  (node, baseline) => !beforeOf(baseline).some((one) => one.id === node.logical_node_id && !isActive(one)),
  isActive,
)

/**
 * After a node stop. What a stopped node shows is undocumented; Active it is not, and it may have left the list. Where none is
 * named, proxies go on.
 */
export const nodesNotActive = nodes(
  'NOT ACTIVE',
  (node) => node === undefined || !isActive(node),
  (node) => !isProxy(node),
  () => false,
)

type Shown = { proof: string; note?: string }

/**
 * @param good of a node, or of one that is not listed
 * @param counts of nodes that nobody named: whether it must be so
 * @param misses of nodes that were listed before, and are not now: whether it must be so
 */
function nodes(
  wanted: string,
  good: (node: Node | undefined) => boolean,
  counts: (node: Node, baseline: unknown) => boolean,
  misses: (before: NodeBefore) => boolean,
): Probe<DcsTarget> {
  return {
    name: 'nodes',
    values: { [wanted]: 'done' },
    consecutive: 1,
    dispensable: true,
    observe: async (read, { target, baseline }): Promise<Observation> => {
      const { nodes: all } = await read(listLogicalNodes, { instanceId: target.instanceId })
      const named = targetedNodes(all, target)
      const gone = beforeOf(baseline).filter(({ id }) => !all.some((node) => node.logical_node_id === id))
      const missing = gone.filter(misses).map(() => undefined)
      const must = target.nodeIds ? named : [...named.filter((node) => node && counts(node, baseline)), ...missing]
      const there = must.filter(good)
      if (there.length < must.length) {
        return { verdict: 'pending', observed: `${there.length} OF ${must.length} ${wanted}`, listed: true }
      }
      const { proof, note } = shownBy(all.length, must.length, wanted)
      return { verdict: 'done', observed: wanted, listed: true, proof, ...(note ? { detail: note } : {}) }
    },
  }
}

/** Instances before Redis 4.0, and some others, list no nodes; or none of which this could be said. */
function shownBy(all: number, must: number, wanted: string): Shown {
  const so = wanted.toLowerCase()
  if (must === 0) {
    const why = all === 0 ? 'no nodes are listed' : `none of its ${all} nodes had to become ${so}`
    return { proof: why, note: `that its nodes are ${so} was not seen` }
  }
  return { proof: must === 1 ? `its node is ${so}` : `all ${must} nodes are ${so}` }
}

/** Those that the target names, by either of their ids; where it names none, all. Undefined = not there. */
export function targetedNodes(all: Node[], { nodeIds }: DcsTarget): (Node | undefined)[] {
  return nodeIds?.map((id) => all.find((node) => [node.logical_node_id, node.node_id].includes(id))) ?? all
}

export function isActive({ status }: { status: string }): boolean {
  return status.toUpperCase() === 'ACTIVE'
}
