import type { Lease } from '../ports.ts'
import type { Holder, Run } from '../run.ts'
import { isFinal } from '../states.ts'

/** So many runs wait for one resource at most: what comes after those is better told at once. */
export const MAX_WAITING = 10

/** Why a run does not have its resource. */
export interface Held {
  holder: Holder
  until: string
  /** The record of that run: the one that has it, or the one whose turn it is. */
  by: Run
  lease: Lease
}

/** Whether the work of the run that has a resource, or had it, has surely ended. */
export function hasEnded({ state, outcome }: Run): boolean {
  return isFinal(state) && outcome?.providerDone === true
}

/** Whether the work has ended, but the call that asked for it may still be on its way: it was never answered. */
export function mayStillArrive(run: Run, nowMs: number): boolean {
  return hasEnded(run) && Date.parse(run.mayArriveUntil ?? '') > nowMs
}
