import * as z from 'zod/mini'
import { type Facts, judge, type Observation, type Probe, type Read, type Verdict } from '../../tracking.ts'
import { listGroups, listLogicalNodes, showInstance, showJob } from './reads.ts'
import type { DcsTarget } from './target.ts'

/** How the end of DCS operations is seen. */

const JOB_VALUES = { INIT: 'pending', RUNNING: 'pending', SUCCESS: 'done', FAIL: 'failed' } as const

/** Reads the job that the operation returned. */
export const job: Probe<DcsTarget> = {
  name: 'job',
  values: JOB_VALUES,
  consecutive: 1,
  look: async (read, { jobId }) => {
    if (!jobId) return { verdict: 'pending', said: 'NO JOB ID', listed: false }
    const { status, fail_reason } = await read(showJob, { jobId })
    return judge(JOB_VALUES, status, fail_reason ?? undefined)
  },
}

/** States that no lifecycle operation leads out of. */
const BROKEN = { ERROR: 'failed', CREATEFAILED: 'failed', FROZEN: 'failed', DELETING: 'failed' } as const

const BUSY = {
  RESTARTING: 'pending',
  FLUSHING: 'pending',
  STARTING: 'pending',
  CLOSING: 'pending',
  EXTENDING: 'pending',
  RESTORING: 'pending',
  UPGRADING: 'pending',
  CREATING: 'pending',
  PAYING: 'pending',
  FREEZING: 'pending',
  MIGRATING: 'pending',
} as const

/** Restart, soft restart, flush and start end here: RUNNING, and nothing at work on the instance. */
export const running = instanceStatus({ ...BUSY, ...BROKEN, CLOSED: 'pending', RUNNING: 'done' })

/**
 * The status of a stopped instance is documented nowhere. These are the likely names (the old API counted `closed`
 * instances); any other that stays unchanged for a while after RUNNING and CLOSING counts as well, and is reported.
 */
export const stopped: Probe<DcsTarget> = {
  ...instanceStatus({ ...BUSY, ...BROKEN, RUNNING: 'pending', CLOSED: 'done', STOPPED: 'done', SHUTDOWN: 'done' }),
  settledAfter: 6,
}

const Before = z.object({ status: z.string() })

function instanceStatus(values: Record<string, Verdict>): Probe<DcsTarget> {
  return {
    name: 'instance status',
    values,
    consecutive: 2,
    unchangedSeconds: 60,
    look: async (read, { target, baseline }) => {
      const { status, task } = await read(showInstance, { instanceId: target.instanceId })
      const observed = judge(values, status)
      const atWork = observed.listed && observed.verdict === 'pending'
      if (!atWork && task !== null && task !== undefined && task !== '') {
        const said = `${observed.said}, TASK ${JSON.stringify(task).slice(0, 40)}`
        return { verdict: 'pending', said, listed: true }
      }
      const before = Before.safeParse(baseline).data?.status
      return { ...observed, asBefore: before !== undefined && observed.said === judge(values, before).said }
    },
  }
}

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
      const ids = target.nodeIds ?? all.map((node) => node.logical_node_id)
      const there = ids.filter((id) =>
        all.some(
          (node) => [node.logical_node_id, node.node_id].includes(id) && good(node.status.toUpperCase() === 'ACTIVE'),
        ),
      )
      if (ids.length > 0 && there.length === ids.length) return { verdict: 'done', said: wanted, listed: true }
      return { verdict: 'pending', said: `${there.length} OF ${ids.length} ${wanted}`, listed: true }
    },
  }
}

const Masters = z.object({ masters: z.record(z.string(), z.string()) })

/** Shard -> node id of its master. */
export async function readMasters(read: Read, target: DcsTarget): Promise<z.infer<typeof Masters>> {
  const { group_list } = await read(listGroups, { instanceId: target.instanceId })
  const masters = group_list.flatMap(({ group_id, replication_list }) =>
    replication_list
      .filter((replica) => replica.replication_role.toLowerCase() === 'master' && replica.node_id)
      .map((replica): [string, string] => [group_id, String(replica.node_id)]),
  )
  return { masters: Object.fromEntries(masters) }
}

/** After a swap another node must be the master of some shard: a job may say SUCCESS and have changed nothing. */
export const mastersChanged: Probe<DcsTarget> = {
  name: 'master',
  values: { CHANGED: 'done' },
  consecutive: 1,
  dispensable: true,
  look: async (read, { target, baseline }: Facts<DcsTarget>): Promise<Observation> => {
    const before = Masters.safeParse(baseline).data?.masters ?? {}
    if (Object.keys(before).length === 0) {
      return {
        verdict: 'done',
        said: 'NOT COMPARED',
        listed: true,
        detail: 'which node was master before is not known',
      }
    }
    const { masters } = await readMasters(read, target)
    const changed = Object.entries(masters).some(
      ([group, node]) => before[group] !== undefined && before[group] !== node,
    )
    return { verdict: changed ? 'done' : 'pending', said: changed ? 'CHANGED' : 'UNCHANGED', listed: true }
  },
}

/** After a failover: the node that was named is master of its shard. */
export const nodeIsMaster: Probe<DcsTarget & { groupId: string; nodeId: string }> = {
  name: 'master',
  values: { 'AS ASKED': 'done' },
  consecutive: 1,
  dispensable: true,
  look: async (read, { target }) => {
    const { masters } = await readMasters(read, target)
    const isMaster = masters[target.groupId] === target.nodeId
    return { verdict: isMaster ? 'done' : 'pending', said: isMaster ? 'AS ASKED' : 'ANOTHER NODE', listed: true }
  },
}
