import { CATALOGUE } from '../../../lib/cloud/catalogue.ts'
import type { Run } from '../../../lib/runs/run.ts'
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

/** Work showed late, and the clocks by which that is waited for are minutes apart: the wait may have been none. */
export function wasWaitCut({ faults }: Sim, { id }: Run, { begunAt, hiddenUntil }: Work): boolean {
  return hiddenUntil > begunAt && faults.met(id).has('host clock is minutes off')
}
