/** Stands in for `lib/cloud/send.ts` in a simulation: there are no sockets. */
export function createSend(): () => never {
  return () => {
    throw new Error('nothing is sent over a socket in a simulation')
  }
}

export const MANY_CONNECTIONS = 64
