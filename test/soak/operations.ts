import type { InstanceSeed } from '../../lib/simulators/dcs/seeds.ts'

/** What the soak knows of an operation that it asks for. */
export interface SoakOperation {
  operation: string
  /** What the simulated cloud calls the work, by which its effective writes are counted. */
  work: string
  cloud: 'dcs' | 'emr'
  /** Of all wishes, relative to the others. */
  share: number
  params?: object
  /** Changes to the usual instance, so that the operation is possible there. */
  begins?: Partial<Pick<InstanceSeed, 'status' | 'backupAgesHours'>> & { nodeStatus?: string }
  /** Leaves the instance as this operation finds it, so that two such wishes may meet on one instance. */
  meets?: true
}

/** Nothing is stopped for good where another wish may come: the soak asks what happens to runs, not to instances. */
export const OPERATIONS: readonly SoakOperation[] = [
  { operation: 'dcs.instance.restart', work: 'restart', cloud: 'dcs', share: 16, meets: true },
  { operation: 'dcs.instance.soft-restart', work: 'softRestart', cloud: 'dcs', share: 12, meets: true },
  { operation: 'dcs.instance.flush', work: 'flush', cloud: 'dcs', share: 10, meets: true },
  { operation: 'dcs.instance.swap', work: 'swap', cloud: 'dcs', share: 16, meets: true },
  { operation: 'dcs.instance.stop', work: 'stop', cloud: 'dcs', share: 8 },
  {
    operation: 'dcs.instance.start',
    work: 'start',
    cloud: 'dcs',
    share: 8,
    begins: { status: 'CLOSED', nodeStatus: 'Inactive' },
  },
  { operation: 'dcs.node.stop', work: 'nodeStop', cloud: 'dcs', share: 6 },
  {
    // Too old a backup: one is made first, and a crash in between must not make two.
    operation: 'dcs.node.stop',
    work: 'nodeStop',
    cloud: 'dcs',
    share: 4,
    params: { ensureBackup: true },
    begins: { backupAgesHours: [49] },
  },
  { operation: 'dcs.node.start', work: 'nodeStart', cloud: 'dcs', share: 8, begins: { nodeStatus: 'Inactive' } },
  {
    operation: 'emr.service.restart',
    work: 'RestartService',
    cloud: 'emr',
    share: 4,
    params: { strategy: { rolling: false } },
  },
  { operation: 'emr.service.stop', work: 'StopService', cloud: 'emr', share: 4 },
  { operation: 'emr.monitor.stop', work: 'StopMonitor', cloud: 'emr', share: 4 },
]

/** The operations that `rules.yml` has an alarm for, by the part of the alarm's name that its rule looks at. */
export const ALARMS: ReadonlyMap<string, string> = new Map([
  ['dcs.instance.restart', 'unresponsive'],
  ['dcs.instance.swap', 'master-latency'],
])

/** How long the clouds work, in ms: 1 to 6 s, so that kills fall before, into and after it. */
export const DCS_WORK_MS = {
  nodeStart: 2_000,
  nodeStop: 3_000,
  swap: 1_000,
  restart: 6_000,
  softRestart: 4_000,
  flush: 5_000,
  stop: 5_000,
  start: 6_000,
  backup: 2_000,
}
export const EMR_WORK_MS = { beforeBusy: 500, RestartService: 6_000, StopService: 4_000, StopMonitor: 2_000 }
