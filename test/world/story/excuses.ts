import type { Run } from '../../../lib/runs/run.ts'
import { CATALOGUE } from '../../../lib/services/catalogue.ts'
import type { Sim } from '../engine/sim.ts'
import type { Work } from '../engine/witness.ts'

/** What no engine could know better. */

export function resourceOf({ operation, target }: Run): string {
  return CATALOGUE.get(operation)?.resource(target) ?? ''
}

/** Somebody at the console worked on its resource meanwhile: what was seen there may be that. */
export function wasConfused({ cloud }: Sim, run: Run, createdAt: number, until: number): boolean {
  return cloud.truth.wasTouchedByHand(resourceOf(run), createdAt, until)
}

/** Restart times that cannot be read: that a restart was none shows nowhere, and the outcome says so. */
export function wasUntold({ faults }: Sim, { outcome }: Run): boolean {
  const isSaid = outcome?.summary.includes('but the restart time cannot be read for') ?? false
  return isSaid && (faults.counts['cloud writes restart times otherwise'] ?? 0) > 0
}

/** Work showed late, and the clocks by which that is waited for are minutes apart: the wait may have been none. */
export function wasWaitCut({ faults }: Sim, { id }: Run, { begunAt, hiddenUntil }: Work): boolean {
  return hiddenUntil > begunAt && faults.met(id).has('host clock is minutes off')
}

/** The event of a run that takes long. It is not one of its end. */
export const SLOW = 'dev.steadyhand.run.slow'
