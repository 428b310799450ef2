import type { Call } from './call.ts'

/** Lets reads through, and nothing that changes anything: for who only wants to look, however a probe goes about it. */
export function readsOnly(call: Call): Call {
  return async (operation, input, place) => {
    if (operation.effect !== 'read') throw new Error(`${operation.name} is no read: it is not sent`)
    return call(operation, input, place)
  }
}
