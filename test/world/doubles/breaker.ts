import { withBreaker as real } from '../../../lib/cloud/breaker.ts'
import type { Call } from '../../../lib/cloud/call.ts'
import { acting, world } from '../engine/current.ts'

/** Stands in for `lib/cloud/breaker.ts` in a simulation: what a function remembers ends with its world. */
export function withBreaker(call: Call, nowMs: () => number): Call {
  return (operation, input, place) => {
    const { breakers, machine } = world()
    // A process has one for all that it does.
    const name = machine ? 'the process' : acting().worker.function
    const known = breakers.get(name) ?? real(call, nowMs)
    breakers.set(name, known)
    return known(operation, input, place)
  }
}
