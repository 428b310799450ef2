import * as z from 'zod/mini'
import type { Observation, Probe, Read } from '../../tracking.ts'
import { CLUSTER_VALUES, judgeStatus } from './cluster.ts'
import { batchSeconds, Strategy } from './params.ts'
import { Targeted, type TargetedService } from './processes.ts'
import { listProcesses, type Process, readClusterStatus, type StateFilter } from './reads.ts'
import type { ClusterTarget } from './target.ts'

/** How the end of EMR operations is seen: the call returns neither a job nor a flow. */

/** The cheap gate: one read a cluster. An idle cluster is never success: it may not have begun, or have failed. */
export const clusterIdle: Probe<ClusterTarget> = {
  name: 'cluster',
  values: CLUSTER_VALUES,
  consecutive: 1,
  unchangedSeconds: 60,
  // It was idle before, or nothing would have been sent.
  look: async (read, { target }) => {
    const cluster = judgeStatus(await readClusterStatus(read, target.clusterId))
    return cluster.verdict === 'done' ? { ...cluster, asBefore: true } : cluster
  },
}

/** A process as it must be in the end. */
interface Wanted {
  /** What is shown, e.g. `STARTED`. */
  as: string
  filter: StateFilter
  /** @param restartedAt as it was before */
  good?: (now: Process, restartedAt: string | undefined) => boolean
  /** Of those that are as they must be, some may have been so before: to see any says nothing of the work's beginning. */
  mayHaveBeen: boolean
}

/** Beside each operation: which processes count as done. */
export const WANTED = {
  started: { as: 'STARTED', filter: { OperatorStateId: 1 }, mayHaveBeen: true },
  stopped: { as: 'STOPPED', filter: { OperatorStateId: 2 }, mayHaveBeen: true },
  restarted: {
    as: 'RESTARTED',
    filter: { OperatorStateId: 1 },
    // Against what was read before, never against our clock: the zone is not documented.
    good: (now, restartedAt) => now.restartedAt !== undefined && now.restartedAt > (restartedAt ?? ''),
    mayHaveBeen: false,
  },
  monitored: { as: 'MONITORED', filter: { MaintainStateId: 1 }, mayHaveBeen: true },
  inMaintenance: { as: 'IN MAINTENANCE', filter: { MaintainStateId: 2 }, mayHaveBeen: true },
} as const satisfies Record<string, Wanted>

const MAX_NAMED = 5

/** Every targeted process is as it must be, and the cluster is idle. */
export function processesAre(wanted: Wanted): Probe<ClusterTarget> {
  const { as, mayHaveBeen } = wanted
  return {
    name: 'processes',
    values: { [as]: 'done' },
    consecutive: 1,
    // From one batch to the next nothing changes, and the cluster may not show that it is at work.
    patienceSeconds: (params) => Math.max(120, batchSeconds(Rolled.safeParse(params).data?.strategy)),
    look: async (read, { target, baseline }): Promise<Observation> => {
      const cluster = judgeStatus(await readClusterStatus(read, target.clusterId))
      if (cluster.verdict !== 'done') return { ...cluster, said: `CLUSTER ${cluster.said}` }
      const { services } = Targeted.parse(baseline)
      const looks = await Promise.all(services.map((service) => lookAt(read, target.clusterId, service, wanted)))
      const total = looks.reduce((sum, look) => sum + look.total, 0)
      const missing = looks.flatMap((look) => look.missing)
      if (missing.length === 0) return { verdict: 'done', said: as, listed: true }
      const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : ''
      const detail = `not ${missing.slice(0, MAX_NAMED).join(', ')}${more}`
      const said = `${total - missing.length} OF ${total} ${as}`
      return { verdict: 'pending', said, listed: true, detail, asBefore: mayHaveBeen || missing.length === total }
    },
  }
}

const Rolled = z.object({ strategy: z.optional(Strategy) })

/** How many processes of a service are targeted, and which of them are not as they must be. */
async function lookAt(
  read: Read,
  clusterId: string,
  { name, components }: TargetedService,
  { filter, good = () => true }: Wanted,
): Promise<{ total: number; missing: string[] }> {
  const listed = await listProcesses(read, clusterId, name, filter)
  const there = new Map(listed.map((one) => [`${one.component} on ${one.ip}`, one]))
  const targeted = components.flatMap(({ name: component, nodes }) =>
    nodes.map(({ ip, restartedAt }) => ({ key: `${component} on ${ip}`, restartedAt })),
  )
  const missing = targeted.filter(({ key, restartedAt }) => {
    const now = there.get(key)
    return !now || !good(now, restartedAt)
  })
  return { total: targeted.length, missing: missing.map(({ key }) => key) }
}
