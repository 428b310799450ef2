import type { Store } from '../ports.ts'
import type { Durations } from './durations.ts'

/** They are read anew after so long: they change slowly. */
const REREAD_MS = 5 * 60_000

/** A store that remembers the durations of each kind of run for a while: they are asked for at each poll. */
export function rememberingDurations(store: Store, nowMs: () => number): Store {
  const known = new Map<string, { readAtMs: number; durations: Promise<Durations | undefined> }>()

  const getDurations: Store['getDurations'] = (key, how) => {
    const last = known.get(key)
    if (last && !how?.isFresh && Math.abs(nowMs() - last.readAtMs) < REREAD_MS) return last.durations
    const durations = store.getDurations(key, how)
    known.set(key, { readAtMs: nowMs(), durations })
    // A failure is not remembered.
    durations.catch(() => known.delete(key))
    return durations
  }

  return {
    ...store,
    getDurations,
    saveDurations: async (durations) => {
      const isSaved = await store.saveDurations(durations)
      if (isSaved) known.set(durations.key, { readAtMs: nowMs(), durations: Promise.resolve(durations) })
      return isSaved
    },
  }
}
