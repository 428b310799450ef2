import { concernNow, scope } from '../../engine/current.ts'
import type { FaultKind } from '../../engine/faults.ts'
import type { Sim } from '../../engine/sim.ts'

/** Lets a kind of fault happen more often than chance has it. Those whom it met are known to have met it. */
export function force({ faults }: Pick<Sim, 'faults'>, kind: FaultKind, isForced: (concern: string) => boolean): void {
  const { happens, met } = faults
  const forced = new Set<string>()
  faults.happens = (asked, concern = concernNow()) => {
    if (happens(asked, concern)) return true
    if (asked !== kind || !isForced(concern)) return false
    for (const one of [concern, ...(scope.getStore()?.worker.runs ?? [])]) forced.add(one)
    faults.counts[kind] = (faults.counts[kind] ?? 0) + 1
    return true
  }
  faults.met = (concern) => (forced.has(concern) ? new Set([...met(concern), kind]) : met(concern))
}
