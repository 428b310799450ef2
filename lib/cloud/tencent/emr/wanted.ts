import type { Read } from '../../tracking.ts'
import type { Targeted, TargetedService } from './processes.ts'
import { listProcesses, type Process, type StateFilter } from './reads.ts'

/** A process as it must be in the end. */
export interface Wanted {
  /** What is shown, e.g. `STARTED`. */
  as: string
  /** What the cluster shows until then. */
  meanwhile: string
  filter: StateFilter
  /** @param restartedAt as it was before */
  good?: (now: Process, restartedAt: string | undefined) => boolean
  /** Of those that are as they must be, some may have been so before: to see any says nothing of the work's beginning. */
  mayHaveBeen: boolean
}

/** Beside each operation: which processes count as done. */
export const WANTED = {
  started: { as: 'STARTED', meanwhile: 'LEAVING PAUSE', filter: { OperatorStateId: 1 }, mayHaveBeen: true },
  stopped: { as: 'STOPPED', meanwhile: 'PAUSING SERVICE', filter: { OperatorStateId: 2 }, mayHaveBeen: true },
  restarted: {
    as: 'RESTARTED',
    meanwhile: 'RESTARTING SERVICE',
    filter: { OperatorStateId: 1 },
    // Against what was read before, never against our clock: the zone is not documented.
    good: (now, restartedAt) => now.restartedAt !== undefined && now.restartedAt > (restartedAt ?? ''),
    mayHaveBeen: false,
  },
  monitored: { as: 'MONITORED', meanwhile: 'LEAVING MAINTENANCE', filter: { MaintainStateId: 1 }, mayHaveBeen: true },
  inMaintenance: {
    as: 'IN MAINTENANCE',
    meanwhile: 'ENTERING MAINTENANCE',
    filter: { MaintainStateId: 2 },
    mayHaveBeen: true,
  },
} as const satisfies Record<string, Wanted>

/** How many processes are targeted, and which of them are not as they must be, e.g. `DataNode on 10.0.0.1`. */
export async function seeProcesses(
  read: Read,
  clusterId: string,
  { services }: Targeted,
  wanted: Wanted,
): Promise<{ total: number; missing: string[] }> {
  const looks = await Promise.all(services.map((service) => lookAt(read, clusterId, service, wanted)))
  return {
    total: looks.reduce((sum, look) => sum + look.total, 0),
    missing: looks.flatMap((look) => look.missing),
  }
}

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
