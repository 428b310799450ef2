import type { SimulatorContext } from '../server/simulator.ts'
import type { EmrQuirks } from './quirks.ts'
import type { EmrCredentials } from './signature.ts'
import type { EmrCluster, EmrState, OpType } from './state.ts'

/**
 * The duration of each operation, without the waits between batches (ms). `beforeBusy`: how long a cluster still shows 2 after
 * it has accepted an operation. `timeWaitSecond`: how long one second of `StrategyConfig.TimeWait` lasts.
 */
export type EmrWorkMs = Record<OpType | 'beforeBusy' | 'timeWaitSecond', number>

/** Short enough for a demonstration (the real service takes minutes), long enough to be observed. */
export const DEFAULT_EMR_WORK_MS: EmrWorkMs = {
  beforeBusy: 1_000,
  timeWaitSecond: 100,
  StartService: 8_000,
  StopService: 8_000,
  RestartService: 12_000,
  StartMonitor: 4_000,
  StopMonitor: 4_000,
}

export interface EmrContext extends SimulatorContext {
  state: EmrState
  quirks: EmrQuirks
  credentials: EmrCredentials
  workMs: EmrWorkMs
  /** The times of requests within the limit, by action: for `perSecond`. */
  arrivals: Map<string, number[]>
}

/** A cluster is visible only in its own region. */
export function findCluster(context: EmrContext, id: string, region: string): EmrCluster | undefined {
  return context.state.clusters.find((cluster) => cluster.id === id && cluster.region === region)
}
