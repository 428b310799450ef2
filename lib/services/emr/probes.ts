import * as z from 'zod/mini'
import type { Observation, Probe, Read, Snapshot } from '../tracking.ts'
import { evidenceOfProcesses, showsWork } from './evidence.ts'
import { batchSeconds, Strategy } from './params.ts'
import { Targeted } from './processes.ts'
import { readClusterStatus } from './reads.ts'
import { CLUSTER_VALUES, judgeStatus } from './states.ts'
import type { ClusterTarget } from './target.ts'
import { type Goal, observeProcesses } from './wanted.ts'

/** How the end of EMR operations is seen: the call returns neither a job nor a flow. */

/** The cluster may show late that it is at work. A process that has changed shows it at once. */
const UNCHANGED_SECONDS = 120

/** The cheap gate: one read a cluster. An idle cluster is never success: it may not have begun, or have failed. */
export function clusterIdle(wanted: Goal): Probe<ClusterTarget> {
  return {
    name: 'cluster',
    values: CLUSTER_VALUES,
    consecutive: 1,
    unchangedSeconds: UNCHANGED_SECONDS,
    observe: async (read, facts) => {
      const cluster = judgeStatus(await readClusterStatus(read, facts.target.clusterId))
      // Other work may be what was there before, read late: of this one it says nothing.
      const atWork = showsWork(wanted, cluster.observed)
      if (cluster.verdict !== 'done') return { ...cluster, atWork }
      const idle = { ...cluster, proof: 'the cluster is idle' }
      // It was idle before, or nothing would have been sent.
      return { ...idle, asBefore: facts.sawWork || !('begun' in (await evidenceOfProcesses(wanted)(read, facts))) }
    },
  }
}

/** The cluster as it is. */
export async function clusterNow(read: Read, { clusterId }: ClusterTarget): Promise<Snapshot> {
  const { observed, verdict } = judgeStatus(await readClusterStatus(read, clusterId))
  return { observed, atWork: verdict === 'pending' }
}

const MAX_NAMED = 5

/** Every targeted process is as it must be, and the cluster is idle. */
export function processesAre(wanted: Goal): Probe<ClusterTarget> {
  const { as, mayHaveBeen } = wanted
  return {
    name: 'processes',
    values: { [as]: 'done' },
    // An idle cluster may be an older state of it, and processes that were so before say nothing against that.
    consecutive: mayHaveBeen ? 2 : 1,
    // From one batch to the next nothing changes, and the cluster may not show that it is at work.
    stallSeconds: (params) => (batchSeconds(optionsOf(params).strategy) > 0 ? SLOW_BATCH_SECONDS : 120),
    observe: async (read, { target, params, baseline }): Promise<Observation> => {
      const cluster = judgeStatus(await readClusterStatus(read, target.clusterId))
      if (cluster.verdict !== 'done') return { ...cluster, observed: `CLUSTER ${cluster.observed}` }
      const { total, missing, unreadable } = await observeProcesses(
        read,
        target.clusterId,
        Targeted.parse(baseline),
        wanted,
      )
      if (missing.length === 0 && unreadable.length > 0) return notTold(total, unreadable, wanted)
      if (missing.length > 0 && optionsOf(params).keepMonitor) return notListed(total, missing, wanted)
      const proof = `every targeted process (${total}) is ${as.toLowerCase()}${mayHaveBeen ? '' : ', later than before'}`
      if (missing.length === 0) return { verdict: 'done', observed: as, listed: true, proof }
      const detail = `not ${namesOf(missing)}`
      const observed = `${total - missing.length - unreadable.length} OF ${total} ${as}`
      return { verdict: 'pending', observed, listed: true, detail, asBefore: mayHaveBeen || missing.length === total }
    },
  }
}

function namesOf(some: string[]): string {
  const more = some.length > MAX_NAMED ? ` and ${some.length - MAX_NAMED} more` : ''
  return `${some.slice(0, MAX_NAMED).join(', ')}${more}`
}

/** All are up; of some it cannot be told whether they were restarted: between two batches that looks alike. */
function notTold(total: number, unreadable: string[], { as }: Goal): Observation {
  const proof = `every targeted process (${total}) is up`
  const detail = `whether it was restarted cannot be read of ${namesOf(unreadable)}`
  const observed = `${total - unreadable.length} OF ${total} ${as}, THE REST UP`
  return { verdict: 'pending', observed, listed: true, proof, detail, undecidable: true }
}

/** What is watched still in maintenance may not be listed among what is in maintenance: that is not documented. */
function notListed(total: number, missing: string[], { as }: Goal): Observation {
  const detail = `with keepMonitor the cloud may not list what is in maintenance: not seen of ${namesOf(missing)}`
  const observed = `${total - missing.length} OF ${total} ${as}`
  return { verdict: 'pending', observed, listed: true, proof: 'the cluster stayed idle', detail, undecidable: true }
}

/** A batch may take so long before the first of its processes is back. */
const SLOW_BATCH_SECONDS = 15 * 60

const Options = z.object({ strategy: z.optional(Strategy), keepMonitor: z.optional(z.boolean()) })

function optionsOf(params: unknown): z.infer<typeof Options> {
  return Options.safeParse(params).data ?? {}
}
