import type { Call } from '../../../lib/cloud/call.ts'
import { world } from '../engine/current.ts'

/** Stands in for `lib/cloud/call.ts` in a simulation: every call goes to the world's clouds. */
export function createCall(): Call {
  return (operation, input, place) => world().cloud.call(operation, input, place)
}
