import * as z from 'zod/mini'
import type { Observation, Probe, Read } from '../../tracking.ts'
import { listGroups } from '../reads.ts'
import type { DcsTarget } from '../target.ts'

/** Observes which node is master of each shard: swap and failover change that. */

const Masters = z.object({
  /** Shard -> node id of its master. */
  masters: z.record(z.string(), z.string()),
})
export type Masters = z.infer<typeof Masters>

export async function readMasters(read: Read, target: DcsTarget): Promise<Masters> {
  const { group_list } = await read(listGroups, { instanceId: target.instanceId })
  const masters = group_list.flatMap(({ group_id, replication_list }) =>
    replication_list
      .filter((replica) => replica.replication_role.toLowerCase() === 'master' && replica.node_id)
      .map((replica): [string, string] => [group_id, String(replica.node_id)]),
  )
  return { masters: Object.fromEntries(masters) }
}

/** The earlier master of a shard; undefined = not known. */
export function masterBefore(baseline: unknown, groupId: string): string | undefined {
  return mastersBefore(baseline)[groupId]
}

/** Compares the masters with the baseline's; `unknown` where either is not known for a shard. */
export function compareMasters(baseline: unknown, now: Masters | undefined): 'changed' | 'same' | 'unknown' {
  const before = Object.entries(mastersBefore(baseline))
  if (!now || before.length === 0) return 'unknown'
  const shards = before.map(([group, node]) => ({ was: node, is: now.masters[group] }))
  if (shards.some(({ was, is }) => is !== undefined && is !== was)) return 'changed'
  return shards.every(({ was, is }) => is === was) ? 'same' : 'unknown'
}

function mastersBefore(baseline: unknown): Masters['masters'] {
  return Masters.safeParse(baseline).data?.masters ?? {}
}

/** After a swap: some shard has another master. A job may show SUCCESS and have changed nothing. */
export const mastersChanged: Probe<DcsTarget> = {
  name: 'master',
  values: { CHANGED: 'done' },
  // A single read may show an older state.
  consecutive: 2,
  dispensable: true,
  observe: async (read, { target, baseline }): Promise<Observation> => {
    if (Object.keys(mastersBefore(baseline)).length === 0) {
      const detail = 'it was not verified that another node is master: the earlier master is not known'
      return { verdict: 'done', observed: 'NOT COMPARED', listed: true, detail }
    }
    const compared = compareMasters(baseline, await readMasters(read, target))
    if (compared !== 'changed') return { verdict: 'pending', observed: 'UNCHANGED', listed: true }
    return { verdict: 'done', observed: 'CHANGED', listed: true, proof: 'another node is master' }
  },
}

/** After a failover: the named node is master of its shard. */
export const nodeIsMaster: Probe<DcsTarget & { groupId: string; nodeId: string }> = {
  name: 'master',
  values: { 'AS ASKED': 'done' },
  consecutive: 2,
  dispensable: true,
  observe: async (read, { target }): Promise<Observation> => {
    const { masters } = await readMasters(read, target)
    const isMaster = masters[target.groupId] === target.nodeId
    if (!isMaster) return { verdict: 'pending', observed: 'ANOTHER NODE', listed: true }
    return { verdict: 'done', observed: 'AS ASKED', listed: true, proof: 'the node is master of its shard' }
  },
}
