import type { Read } from '../../tracking.ts'
import type { Targeted, TargetedService } from './processes.ts'
import { listProcesses, type Process, type StateFilter } from './reads.ts'
import { type Restarted, restarted } from './restart-time.ts'

/** A process as it must be in the end. */
export interface Wanted {
  /** What is shown, e.g. `STARTED`. */
  as: string
  /** What the cluster shows until then. */
  meanwhile: string
  filter: StateFilter
  /** @param restartedAt as it was before */
  good?: (now: Process, restartedAt: string | undefined) => Restarted
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
    good: (now, restartedAt) => restarted(restartedAt, now.restartedAt),
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

/** What the targeted processes show, e.g. `DataNode on 10.0.0.1`. */
export interface Seen {
  total: number
  /** Those that are not as they must be. */
  missing: string[]
  /** Those that run, and of which it cannot be told. */
  unreadable: string[]
}

export async function seeProcesses(
  read: Read,
  clusterId: string,
  { services }: Targeted,
  wanted: Wanted,
): Promise<Seen> {
  const looks = await Promise.all(services.map((service) => lookAt(read, clusterId, service, wanted)))
  return {
    total: looks.reduce((sum, look) => sum + look.total, 0),
    missing: looks.flatMap((look) => look.missing),
    unreadable: looks.flatMap((look) => look.unreadable),
  }
}

async function lookAt(
  read: Read,
  clusterId: string,
  { name, components }: TargetedService,
  { filter, good = () => 'yes' }: Wanted,
): Promise<Seen> {
  const listed = await listProcesses(read, clusterId, name, filter)
  const there = new Map(listed.map((one) => [`${one.component} on ${one.ip}`, one]))
  const targeted = components.flatMap(({ name: component, nodes }) =>
    nodes.map(({ ip, restartedAt }) => {
      const key = `${component} on ${ip}`
      const now = there.get(key)
      return { key, is: now ? good(now, restartedAt) : 'no' }
    }),
  )
  const those = (which: Restarted): string[] => targeted.filter(({ is }) => is === which).map(({ key }) => key)
  return { total: targeted.length, missing: those('no'), unreadable: those('unreadable') }
}
