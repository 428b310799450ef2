import type { Lease } from './ports.ts'
import type { Holder, Run } from './run.ts'
import { isFinal } from './states.ts'

/** The number of runs that may wait for one resource. More are refused at once. */
export const MAX_WAITING = 10

/** Why a run does not have its resource. */
export interface Held {
  holder: Holder
  until: string
  /** The record of that run: the one that has the resource, or the first in line. */
  by: Run
  lease: Lease
}

/** Whether a run that waits for its guards leaves its resource to others: not where its preparation may be in progress. */
export function givesWay({ state, heldBackUntil, preparedAt }: Run): boolean {
  return state === 'queued' && heldBackUntil !== undefined && preparedAt === undefined
}

/** Whether the provider's work for a run has surely ended. */
export function hasEnded({ state, outcome }: Run): boolean {
  return isFinal(state) && outcome?.providerDone === true
}

/** Whether the work has ended but the call for it, which was never answered, may still arrive. */
export function mayStillArrive(run: Run, nowMs: number): boolean {
  return hasEnded(run) && Date.parse(run.mayArriveUntil ?? '') > nowMs
}
