import type { Call } from '../../../lib/cloud/call.ts'
import { withSharedReads as real } from '../../../lib/cloud/shared-reads.ts'
import { acting, type Worker, world } from '../engine/current.ts'

/** Stands in for `lib/cloud/shared-reads.ts` in a simulation: each invocation has its own sandbox, and shares with no other. */
export function withSharedReads(call: Call, nowMs: () => number): Call {
  // A process has one for all that it does, and every process makes its own.
  const ofProcess = real(call, nowMs)
  const ofWorkers = new WeakMap<Worker, Call>()
  const own = (worker: Worker): Call => {
    if (world().machine) return ofProcess
    const known = ofWorkers.get(worker) ?? real(call, nowMs)
    ofWorkers.set(worker, known)
    return known
  }
  return async (operation, input, place) => {
    const by = acting()
    const answer = await own(by.worker)(operation, input, place)
    world().cloud.heard?.(by)
    return answer
  }
}
