import type { ProviderName } from '../../../lib/cloud/service.ts'

/** How the clouds are, apart from what goes wrong: a world that measures has its own. */
export interface Conditions {
  /** How long the cloud takes to answer one call (ms); undefined = it hangs. */
  latencyMs(provider: ProviderName): number | undefined
  /** How long one work takes (ms). Unless given, it is drawn as faults have it. @param random uniform in [0, 1) */
  workMs?: (random: () => number) => number
}

/** A cloud that is near and well. */
export const USUAL: Conditions = { latencyMs: () => 20 }
