import * as z from 'zod/mini'
import type { Observation, Probe, Read, Snapshot } from '../tracking.ts'
import { readClusterStatus } from './clusters.ts'
import { evidenceOfProcesses, showsWork } from './evidence.ts'
import { type Goal, observeProcesses } from './goals.ts'
import { batchSeconds, Strategy } from './params.ts'
import { Targeted } from './processes.ts'
import { CLUSTER_VALUES, judgeStatus } from './states.ts'
import type { ClusterTarget } from './target.ts'

/** Recognises the end of EMR operations: the call returns neither a job nor a flow. */

/** The cluster may show its work late. A changed process shows it at once. */
const UNCHANGED_SECONDS = 120

/** The cheap gate: one read per cluster. An idle cluster proves no success: the work may not have begun, or have failed. */
export function clusterIdle(goal: Goal): Probe<ClusterTarget> {
  return {
    name: 'cluster',
    values: CLUSTER_VALUES,
    consecutive: 1,
    unchangedSeconds: UNCHANGED_SECONDS,
    observe: async (read, facts) => {
      // Only this very work, seen just before, is looked up in a list: an older list may show earlier work of the same kind.
      const wasAtWork = facts.sawWork === true && showsWork(goal, facts.lastObserved ?? '')
      const cluster = judgeStatus(await readClusterStatus(read, facts.target.clusterId, { wasAtWork }))
      // Other work may be earlier work, read late: it shows nothing about this one.
      const atWork = showsWork(goal, cluster.observed)
      if (cluster.verdict !== 'done') return { ...cluster, atWork }
      const idle = { ...cluster, proof: 'the cluster is idle' }
      // The cluster was idle before, or nothing would have been sent.
      return { ...idle, asBefore: facts.sawWork || !('begun' in (await evidenceOfProcesses(goal)(read, facts))) }
    },
  }
}

/** The present status of the cluster. */
export async function clusterNow(read: Read, { clusterId }: ClusterTarget): Promise<Snapshot> {
  const { observed, verdict } = judgeStatus(await readClusterStatus(read, clusterId))
  return { observed, atWork: verdict === 'pending' }
}

/** Every targeted process is at the goal, and the cluster is idle. */
export function processesAre(goal: Goal): Probe<ClusterTarget> {
  const { as, mayHaveBeen } = goal
  return {
    name: 'processes',
    values: { [as]: 'done' },
    // An idle status may be an older one, and processes that were at the goal before do not disprove that.
    consecutive: mayHaveBeen ? 2 : 1,
    // Between two batches nothing changes, and the cluster may not show its work.
    stallSeconds: (params) => (batchSeconds(optionsOf(params).strategy) > 0 ? SLOW_BATCH_SECONDS : 120),
    observe: async (read, { target: { clusterId }, params, baseline }): Promise<Observation> => {
      const cluster = judgeStatus(await readClusterStatus(read, clusterId))
      if (cluster.verdict !== 'done') return { ...cluster, observed: `CLUSTER ${cluster.observed}` }
      const targeted = Targeted.parse(baseline)
      const processes = await observeProcesses(read, { clusterId, targeted }, goal)
      const { total, missing, unreadable } = processes
      if (missing.length === 0 && unreadable.length > 0) return unreadableRestarts(total, unreadable, goal)
      if (missing.length > 0 && optionsOf(params).keepMonitor) return unlisted(total, missing, goal)
      const proof = `every targeted process (${total}) is ${as.toLowerCase()}${mayHaveBeen ? '' : ', later than before'}`
      // The processes may be at the goal while the work goes on, and the cluster was idle before it, too.
      const done = { verdict: 'done', observed: as, listed: true, proof } as const
      if (missing.length === 0) return mayHaveBeen ? { ...done, asBefore: true } : done
      const detail = `not ${namesOf(missing)}`
      const observed = `${total - missing.length - unreadable.length} OF ${total} ${as}`
      return { verdict: 'pending', observed, listed: true, detail, asBefore: mayHaveBeen || missing.length === total }
    },
  }
}

/** All processes run, but for some it cannot be read whether they were restarted: between two batches that looks the same. */
function unreadableRestarts(total: number, unreadable: string[], { as }: Goal): Observation {
  const proof = `every targeted process (${total}) is up`
  const detail = `the restart time cannot be read for ${namesOf(unreadable)}`
  const observed = `${total - unreadable.length} OF ${total} ${as}, THE REST UP`
  return { verdict: 'pending', observed, listed: true, proof, detail, undecidable: true }
}

/** It is not documented whether processes with `keepMonitor` are listed among those in maintenance. */
function unlisted(total: number, missing: string[], { as }: Goal): Observation {
  const detail = `with keepMonitor the cloud may not list processes in maintenance: not seen for ${namesOf(missing)}`
  const observed = `${total - missing.length} OF ${total} ${as}`
  return { verdict: 'pending', observed, listed: true, proof: 'the cluster stayed idle', detail, undecidable: true }
}

const MAX_NAMED = 5

function namesOf(some: string[]): string {
  const more = some.length > MAX_NAMED ? ` and ${some.length - MAX_NAMED} more` : ''
  return `${some.slice(0, MAX_NAMED).join(', ')}${more}`
}

/** A batch may take that long until the first of its processes is back. */
const SLOW_BATCH_SECONDS = 15 * 60

const Options = z.object({ strategy: z.optional(Strategy), keepMonitor: z.optional(z.boolean()) })

function optionsOf(params: unknown): z.infer<typeof Options> {
  return Options.safeParse(params).data ?? {}
}
