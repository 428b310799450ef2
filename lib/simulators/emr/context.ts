import type { SimulatorContext } from '../server/simulator.ts'
import type { EmrQuirks } from './quirks.ts'
import type { EmrCredentials } from './signature.ts'
import type { EmrCluster, EmrState, OpType } from './state.ts'

/**
 * How long each operation takes, without the waits between batches. `beforeBusy`: how long a cluster still shows 2 after
 * it has accepted one. `timeWaitSecond`: how long one second of `StrategyConfig.TimeWait` lasts. Milliseconds.
 */
export type EmrWorkMs = Record<OpType | 'beforeBusy' | 'timeWaitSecond', number>

/** Short enough for a demonstration (the real service takes minutes), long enough to be seen at work. */
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
  /** When requests came in that were let through, by action: for `perSecond`. */
  arrivals: Map<string, number[]>
}

/** A cluster is seen only from its own region. */
export function findCluster(context: EmrContext, id: string, region: string): EmrCluster | undefined {
  return context.state.clusters.find((cluster) => cluster.id === id && cluster.region === region)
}
