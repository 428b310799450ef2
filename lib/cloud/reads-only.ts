import type { Call } from './call.ts'

/** Lets only reads through: a caller that must not change anything stays harmless whatever a probe does. */
export function readsOnly(call: Call): Call {
  return async (operation, input, context) => {
    if (operation.effect !== 'read') throw new Error(`${operation.name} is not a read and was not sent`)
    return call(operation, input, context)
  }
}
