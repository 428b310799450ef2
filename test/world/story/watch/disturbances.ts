import { concernNow, scope } from '../../engine/current.ts'
import type { Sim } from '../../engine/sim.ts'

/** What keeps the engine from looking at a run when it wants to. */
const KEEPS_AWAY =
  /^(worker|(table|queue) (slow|fails|file|answer lost for good|takes)|queue purged|message (lost|late|given up)|cloud (slow|hangs|request))/

/** When what kept the engine from looking. */
export interface Disturbances {
  /** Whether anything did, of one of these, since then (epoch ms). A purge concerns all. */
  met(concerns: readonly string[], fromMs?: number): boolean
  /** Whether anything did, of anybody, since then: whatever hangs keeps a place that others wait for. */
  metAnybody(fromMs: number): boolean
}

/** Follows what goes wrong, and when. */
export function followDisturbances({
  faults,
  clock,
  machine,
}: Pick<Sim, 'faults' | 'clock' | 'machine'>): Disturbances {
  const lastAt = new Map<string, number>()
  let last = 0
  const { happens } = faults
  faults.happens = (kind, concern = concernNow()) => {
    const isSo = happens(kind, concern)
    if (!isSo || !KEEPS_AWAY.test(kind)) return isSo
    last = clock.now()
    for (const one of [concern, ...(scope.getStore()?.worker.runs ?? [])]) lastAt.set(one, clock.now())
    // On one machine nobody goes on while its process does not.
    if (kind === 'queue purged' || (machine && /^(worker|table)/.test(kind))) lastAt.set(EVERYBODY, clock.now())
    return isSo
  }
  return {
    met: (concerns, fromMs = 0) => [EVERYBODY, ...concerns].some((one) => (lastAt.get(one) ?? -1) >= fromMs),
    metAnybody: (fromMs) => last >= fromMs,
  }
}

const EVERYBODY = 'all runs'
