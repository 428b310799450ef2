import type { ProviderName } from '../../../lib/cloud/service.ts'
import type { Service } from './request.ts'

/** How clouds and network are, apart from what goes wrong: a world that measures has its own. */
export interface Conditions {
  /** How long the cloud takes to answer one call (ms); undefined = it hangs. */
  latencyMs(provider: ProviderName): number | undefined
  /** How long one work takes (ms). Unless given, it is drawn as faults have it. @param random uniform in [0, 1) */
  workMs?: (random: () => number) => number
  /** How long the network takes, one way (ms). Unless given, it is drawn for each request. */
  travelMs?: (to: Service | 'cloud') => number
  /** Of each cluster; unless given, two. */
  nodes?: number
}

/** A cloud that is near and well. */
export const USUAL: Conditions = { latencyMs: () => 20 }
