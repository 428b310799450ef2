import type { Observation, Probe, Read } from '../../tracking.ts'
import { CLUSTER_VALUES, judgeStatus } from './cluster.ts'
import { Targeted } from './processes.ts'
import { listProcesses, type Process, readClusterStatus, type StateFilter } from './reads.ts'
import type { ClusterTarget } from './target.ts'

/** How the end of EMR operations is seen: the call returns neither a job nor a flow. */

/** The cheap gate: one read a cluster. An idle cluster is never success: it may not have begun, or have failed. */
export const clusterIdle: Probe<ClusterTarget> = {
  name: 'cluster',
  values: CLUSTER_VALUES,
  consecutive: 1,
  look: async (read, { target }) => judgeStatus(await readClusterStatus(read, target.clusterId)),
}

/** A process as it must be in the end. */
interface Wanted {
  /** What is shown, e.g. `STARTED`. */
  as: string
  filter: StateFilter
  /** @param restartedAt as it was before */
  good?: (now: Process, restartedAt: string | undefined) => boolean
}

/** Beside each operation: which processes count as done. */
export const WANTED = {
  started: { as: 'STARTED', filter: { OperatorStateId: 1 } },
  stopped: { as: 'STOPPED', filter: { OperatorStateId: 2 } },
  restarted: {
    as: 'RESTARTED',
    filter: { OperatorStateId: 1 },
    // Against what was read before, never against our clock: the zone is not documented.
    good: (now, restartedAt) => now.restartedAt !== undefined && now.restartedAt > (restartedAt ?? ''),
  },
  monitored: { as: 'MONITORED', filter: { MaintainStateId: 1 } },
  inMaintenance: { as: 'IN MAINTENANCE', filter: { MaintainStateId: 2 } },
} as const satisfies Record<string, Wanted>

/** Every targeted process is as it must be, and the cluster is idle. */
export function processesAre({ as, filter, good = () => true }: Wanted): Probe<ClusterTarget> {
  return {
    name: 'processes',
    values: { [as]: 'done' },
    consecutive: 1,
    patienceSeconds: 120,
    look: async (read, { target, baseline }): Promise<Observation> => {
      const cluster = judgeStatus(await readClusterStatus(read, target.clusterId))
      if (cluster.verdict !== 'done') return { ...cluster, said: `CLUSTER ${cluster.said}` }
      const { services } = Targeted.parse(baseline)
      const missing: string[] = []
      let total = 0
      for (const { name, components } of services) {
        const there = await byKey(read, target.clusterId, name, filter)
        for (const component of components) {
          for (const { ip, restartedAt } of component.nodes) {
            total++
            const now = there.get(`${component.name}@${ip}`)
            if (!now || !good(now, restartedAt)) missing.push(`${component.name} on ${ip}`)
          }
        }
      }
      if (missing.length === 0) return { verdict: 'done', said: as, listed: true }
      const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : ''
      const detail = `not ${missing.slice(0, MAX_NAMED).join(', ')}${more}`
      const said = `${total - missing.length} OF ${total} ${as}`
      return { verdict: 'pending', said, listed: true, detail, asBefore: missing.length === total }
    },
  }
}

const MAX_NAMED = 5

async function byKey(
  read: Read,
  clusterId: string,
  service: string,
  filter: StateFilter,
): Promise<Map<string, Process>> {
  const processes = await listProcesses(read, clusterId, service, filter)
  return new Map(processes.map((one) => [`${one.component}@${one.ip}`, one]))
}
