import type { Read } from '../tracking.ts'
import type { Targeted, TargetedService } from './processes.ts'
import { keyOf, listProcesses, type Process, type StateFilter } from './reads.ts'
import { type Restarted, restarted } from './restart-time.ts'

/** The state that processes reach by an operation. */
export interface Goal {
  /** Shown to people, e.g. `STARTED`. */
  as: string
  /** The cluster's status during the work. */
  during: string
  filter: StateFilter
  /** Possible names of the work in the cluster's log of operations. No `.*` after `start`: each start would search to the end. */
  logged: RegExp
  /** @param restartedAt before the operation */
  isReached?: (now: Process, restartedAt: string | undefined) => Restarted
  /** Processes may have been at the goal before, so that a process there does not show that the work has begun. */
  mayHaveBeen: boolean
}

/** By operation. */
export const GOALS = {
  started: {
    as: 'STARTED',
    during: 'LEAVING PAUSE',
    filter: { OperatorStateId: 1 },
    logged: /启动|恢复|(?<!re)start(?!.{0,100}monitor)|resume/i,
    mayHaveBeen: true,
  },
  stopped: {
    as: 'STOPPED',
    during: 'PAUSING SERVICE',
    filter: { OperatorStateId: 2 },
    logged: /停止|暂停|stop(?!.{0,100}monitor)|pause/i,
    mayHaveBeen: true,
  },
  restarted: {
    as: 'RESTARTED',
    during: 'RESTARTING SERVICE',
    filter: { OperatorStateId: 1 },
    logged: /重启|restart/i,
    isReached: (now, restartedAt) => restarted(restartedAt, now.restartedAt),
    mayHaveBeen: false,
  },
  monitored: {
    as: 'MONITORED',
    during: 'LEAVING MAINTENANCE',
    filter: { MaintainStateId: 1 },
    logged: /退出维护|start.{0,100}monitor|(leave|exit).{0,100}maint/i,
    mayHaveBeen: true,
  },
  inMaintenance: {
    as: 'IN MAINTENANCE',
    during: 'ENTERING MAINTENANCE',
    filter: { MaintainStateId: 2 },
    logged: /进入维护|stop.{0,100}monitor|enter.{0,100}maint/i,
    mayHaveBeen: true,
  },
} as const satisfies Record<string, Goal>

/** The targeted processes by their state; each is named as e.g. `DataNode on 10.0.0.1`. */
export interface ObservedProcesses {
  total: number
  /** Processes that are not at the goal. */
  missing: string[]
  /** Processes that run, but whose restart time cannot be read. */
  unreadable: string[]
}

export async function observeProcesses(
  read: Read,
  { clusterId, targeted }: { clusterId: string; targeted: Targeted },
  goal: Goal,
): Promise<ObservedProcesses> {
  const observed = await Promise.all(
    targeted.services.map(async (service) => {
      const atGoal = await listProcesses(read, { clusterId, service: service.name }, goal.filter)
      return compare(service, atGoal, goal)
    }),
  )
  return {
    total: observed.reduce((sum, { total }) => sum + total, 0),
    missing: observed.flatMap(({ missing }) => missing),
    unreadable: observed.flatMap(({ unreadable }) => unreadable),
  }
}

function compare(
  { components }: TargetedService,
  listed: Process[],
  { isReached = () => 'yes' }: Goal,
): ObservedProcesses {
  const byKey = Map.groupBy(listed, keyOf)
  const targeted = components.flatMap(({ name: component, nodes }) => {
    const before = Map.groupBy(nodes, ({ ip }) => keyOf({ component, ip }))
    return [...before].flatMap(([key, twins]) => {
      const now = byKey.get(key) ?? []
      // Twins on a node cannot be told apart: each must be later than all were.
      const results = now.map((one) => worst(twins.map(({ restartedAt }) => isReached(one, restartedAt))))
      return twins.map((_, index) => ({ key, result: results[index] ?? 'no' }))
    })
  })
  const keysOf = (which: Restarted): string[] => targeted.filter(({ result }) => result === which).map(({ key }) => key)
  return { total: targeted.length, missing: keysOf('no'), unreadable: keysOf('unreadable') }
}

function worst(all: Restarted[]): Restarted {
  return (['no', 'unreadable'] as const).find((one) => all.includes(one)) ?? 'yes'
}
