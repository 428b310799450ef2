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

/** Clocks of hosts may be so far from the cloud's before tasks of before and after a call are mistaken. */
const TOLERANCE_MS = 5_000

/** Our clocks were minutes behind the cloud's: other work there seems to have begun after the run was sent, and is taken for its own. */
export function wasTaskMistaken({ cloud, behindMs }: Sim, { id, resource, sentAt = '' }: Run): boolean {
  if (behindMs === 0) return false
  const { sent } = cloud.truth
  // Its own call may never have arrived.
  const ownAt = sent.find(({ runId }) => runId === id)?.at ?? Date.parse(sentAt) + behindMs
  return sent.some(
    (other) =>
      other.runId !== id &&
      other.resource === resource &&
      other.at < ownAt &&
      other.at >= Date.parse(sentAt) - TOLERANCE_MS,
  )
}

/** Restart times that cannot be read: that a restart was none shows nowhere, and the outcome says so. */
export function wasUntold({ faults }: Sim, { outcome }: Run): boolean {
  const isSaid = outcome?.summary.includes('but the restart time cannot be read for') ?? false
  return isSaid && (faults.counts['cloud writes restart times otherwise'] ?? 0) > 0
}

/** All clocks were set at once, by minutes. */
export function didClocksStep({ faults: { counts } }: Pick<Sim, 'faults'>): boolean {
  return counts['clocks step back'] !== undefined || counts['clocks step ahead'] !== undefined
}

/** Work showed late, and the clocks by which that is waited for are minutes apart, or were set: the wait may have been none. */
export function wasWaitCut({ faults, behindMs }: Sim, { id }: Run, { begunAt, hiddenUntil }: Work): boolean {
  const areApart = faults.met(id).has('host clock is minutes off') || behindMs > 0
  return hiddenUntil > begunAt && areApart
}

/** The event of a run that takes long. It is not one of its end. */
export const SLOW = 'dev.steadyhand.run.slow'
