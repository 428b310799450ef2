import type { SimulatorContext } from '../server/simulator.ts'
import type { DcsQuirks } from './quirks.ts'
import type { RateWindow } from './rate-limit.ts'
import type { DcsCredentials } from './signature.ts'
import type { DcsInstance, DcsState, WorkKind } from './state.ts'

/** The duration of each kind of work, and `lag`: how long an accepted write does not show yet (ms). */
export type DcsWorkMs = Record<WorkKind | 'lag', number>

/**
 * Short enough for a demonstration: the real service takes 10 s to 30 min. Work without a job lasts long enough to be observed.
 */
export const DEFAULT_DCS_WORK_MS: DcsWorkMs = {
  lag: 0,
  nodeStart: 6_000,
  nodeStop: 6_000,
  swap: 6_000,
  switchover: 6_000,
  restart: 14_000,
  softRestart: 10_000,
  flush: 10_000,
  stop: 12_000,
  start: 12_000,
  backup: 4_000,
}

export interface DcsContext extends SimulatorContext {
  state: DcsState
  quirks: DcsQuirks
  credentials: DcsCredentials
  workMs: DcsWorkMs
  /** Reads of each instance at work, for `flappingStatus`. */
  readsAtWork: Map<string, number>
  /** The current window of each API, for `rateLimit`. */
  windows: Map<string, RateWindow>
}

export function findInstance(context: DcsContext, id: string): DcsInstance | undefined {
  return context.state.instances.find((instance) => instance.instance_id === id)
}
