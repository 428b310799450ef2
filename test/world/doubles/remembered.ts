import type { Store } from '../../../lib/runs/ports.ts'
import { acting, world } from '../engine/current.ts'

const REREAD_MS = 5 * 60_000

/**
 * Stands in for `lib/runs/durations/remembered.ts` in a simulation: what a function remembers ends with its world. What is being
 * read is nobody else's: each worker is a sandbox of its own, and may die.
 */
export function rememberingDurations(store: Store, nowMs: () => number): Store {
  const ofFunction = () => {
    const { remembered } = world()
    const name = acting().worker.function
    const known = remembered.get(name) ?? new Map()
    remembered.set(name, known)
    return known
  }
  return {
    ...store,
    getDurations: async (key, how) => {
      const known = ofFunction()
      const last = known.get(key)
      if (last && !how?.isFresh && Math.abs(nowMs() - last.readAtMs) < REREAD_MS) return last.durations
      const durations = await store.getDurations(key, how)
      known.set(key, { readAtMs: nowMs(), durations })
      return durations
    },
    saveDurations: async (durations) => {
      const known = ofFunction()
      const isSaved = await store.saveDurations(durations)
      if (isSaved) known.set(durations.key, { readAtMs: nowMs(), durations })
      return isSaved
    },
  }
}
