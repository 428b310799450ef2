import * as z from 'zod/mini'
import { brief, judge, type Probe, type Read, type Sight, type Verdict } from '../../tracking.ts'
import { listLogicalNodes, type Node, showInstance, showJob, workOn } from './reads.ts'
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

/** What an instance shows while something works on it. */
export const BUSY = {
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

/** The instance as it is: its status, and what works on it. */
export async function instanceNow(read: Read, { instanceId }: DcsTarget): Promise<Sight> {
  const shown = await read(showInstance, { instanceId })
  const { said, listed: isBusy } = judge(BUSY, shown.status)
  const work = workOn(shown)
  return { said: work ? brief(`${said}, ${work}`) : said, atWork: isBusy || work !== undefined }
}

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

/** The baseline of what is followed by the status. */
export const Before = z.object({ status: z.string() })

function instanceStatus(values: Record<string, Verdict>): Probe<DcsTarget> {
  return {
    name: 'instance status',
    values,
    consecutive: 2,
    unchangedSeconds: 60,
    look: async (read, { target, baseline }) => {
      const shown = await read(showInstance, { instanceId: target.instanceId })
      const observed = judge(values, shown.status)
      const atWork = observed.listed && observed.verdict === 'pending'
      const work = workOn(shown)
      if (!atWork && work) return { verdict: 'pending', said: `${observed.said}, ${work}`, listed: true }
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
      const targeted = targetedNodes(all, target)
      const there = targeted.filter((node) => node && good(isActive(node)))
      const isDone = targeted.length > 0 && there.length === targeted.length
      if (isDone) return { verdict: 'done', said: wanted, listed: true }
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
