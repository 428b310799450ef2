import type { Read } from '../tracking.ts'
import type { Targeted, TargetedService } from './processes.ts'
import { keyOf, listProcesses, type Process, type StateFilter } from './reads.ts'
import { type Restarted, restarted } from './restart-time.ts'

/** A process as it must be in the end. */
export interface Goal {
  /** What is shown, e.g. `STARTED`. */
  as: string
  /** What the cluster shows until then. */
  meanwhile: string
  filter: StateFilter
  /** How the cluster's log of operations may call the work. Without `.*`: each of many starts would search to the end. */
  logged: RegExp
  /** @param restartedAt as it was before */
  good?: (now: Process, restartedAt: string | undefined) => Restarted
  /** Of those that are as they must be, some may have been so before: to see any says nothing of the work's beginning. */
  mayHaveBeen: boolean
}

/** Beside each operation: which processes count as done. */
export const GOALS = {
  started: {
    as: 'STARTED',
    meanwhile: 'LEAVING PAUSE',
    filter: { OperatorStateId: 1 },
    logged: /启动|恢复|(?<!re)start(?!.{0,100}monitor)|resume/i,
    mayHaveBeen: true,
  },
  stopped: {
    as: 'STOPPED',
    meanwhile: 'PAUSING SERVICE',
    filter: { OperatorStateId: 2 },
    logged: /停止|暂停|stop(?!.{0,100}monitor)|pause/i,
    mayHaveBeen: true,
  },
  restarted: {
    as: 'RESTARTED',
    meanwhile: 'RESTARTING SERVICE',
    filter: { OperatorStateId: 1 },
    logged: /重启|restart/i,
    good: (now, restartedAt) => restarted(restartedAt, now.restartedAt),
    mayHaveBeen: false,
  },
  monitored: {
    as: 'MONITORED',
    meanwhile: 'LEAVING MAINTENANCE',
    filter: { MaintainStateId: 1 },
    logged: /退出维护|start.{0,100}monitor|(leave|exit).{0,100}maint/i,
    mayHaveBeen: true,
  },
  inMaintenance: {
    as: 'IN MAINTENANCE',
    meanwhile: 'ENTERING MAINTENANCE',
    filter: { MaintainStateId: 2 },
    logged: /进入维护|stop.{0,100}monitor|enter.{0,100}maint/i,
    mayHaveBeen: true,
  },
} as const satisfies Record<string, Goal>

/** What the targeted processes show, e.g. `DataNode on 10.0.0.1`. */
export interface ObservedProcesses {
  total: number
  /** Those that are not as they must be. */
  missing: string[]
  /** Those that run, and of which it cannot be told. */
  unreadable: string[]
}

export async function observeProcesses(
  read: Read,
  clusterId: string,
  { services }: Targeted,
  wanted: Goal,
): Promise<ObservedProcesses> {
  const looks = await Promise.all(services.map((service) => observeService(read, clusterId, service, wanted)))
  return {
    total: looks.reduce((sum, look) => sum + look.total, 0),
    missing: looks.flatMap((look) => look.missing),
    unreadable: looks.flatMap((look) => look.unreadable),
  }
}

async function observeService(
  read: Read,
  clusterId: string,
  { name, components }: TargetedService,
  { filter, good = () => 'yes' }: Goal,
): Promise<ObservedProcesses> {
  const listed = await listProcesses(read, clusterId, name, filter)
  const there = Map.groupBy(listed, keyOf)
  const targeted = components.flatMap(({ name: component, nodes }) => {
    const before = Map.groupBy(nodes, ({ ip }) => keyOf({ component, ip }))
    return [...before].flatMap(([key, twins]) => {
      const now = there.get(key) ?? []
      // Which of several on a node is which, nothing tells: each must be later than all were.
      const is = now.map((one) => worst(twins.map(({ restartedAt }) => good(one, restartedAt))))
      return twins.map((_, index) => ({ key, is: is[index] ?? 'no' }))
    })
  })
  const those = (which: Restarted): string[] => targeted.filter(({ is }) => is === which).map(({ key }) => key)
  return { total: targeted.length, missing: those('no'), unreadable: those('unreadable') }
}

function worst(all: Restarted[]): Restarted {
  return (['no', 'unreadable'] as const).find((one) => all.includes(one)) ?? 'yes'
}
