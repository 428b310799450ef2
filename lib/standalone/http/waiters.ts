import type { IncomingMessage } from 'node:http'
import type { Invoke } from '../lambda/functions.ts'

/**
 * A request that may wait (`Prefer: wait`) holds a sandbox as long as it waits. Those have sandboxes of their own, so that
 * they are in nobody's way; what comes when all of these are taken is answered as if it had not asked to wait.
 * @param atMost so many wait at once
 * @returns `invoke` for a request; its headers lose `prefer` where it is not to wait
 */
export function withWaiters(
  invoke: Invoke,
  invokeWaiting: Invoke,
  atMost: number,
): (headersDistinct: IncomingMessage['headersDistinct']) => Invoke {
  let waiting = 0
  return (headers) => {
    if (!/\bwait\b/i.test(String(headers.prefer))) return invoke
    if (waiting >= atMost) {
      delete headers.prefer
      return invoke
    }
    return async (functionId, event) => {
      waiting++
      try {
        return await invokeWaiting(functionId, event)
      } finally {
        waiting--
      }
    }
  }
}
