import { rememberingDurations as real } from '../../../lib/runs/durations/remembered.ts'
import type { Store } from '../../../lib/runs/ports.ts'
import { acting, world } from '../engine/current.ts'

/** Stands in for `lib/runs/durations/remembered.ts` in a simulation: what a function remembers ends with its world. */
export function rememberingDurations(store: Store, nowMs: () => number): Store {
  const ofWorld = (): Store => {
    const { remembered } = world()
    const name = acting().worker.function
    const known = remembered.get(name) ?? real(store, nowMs)
    remembered.set(name, known)
    return known
  }
  return {
    ...store,
    getDurations: (key, how) => ofWorld().getDurations(key, how),
    saveDurations: (durations) => ofWorld().saveDurations(durations),
  }
}
