import type { IncomingMessage } from 'node:http'
import type { Admitted } from './admission.ts'

/** The payload quota of an HTTP API. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
export const MAX_PAYLOAD_BYTES = 10 * 1024 * 1024

/** Why a body is not read. `over quota`: it is not even read to its end. */
export type BodyFault = 'too large' | 'over quota' | 'no room' | 'aborted'

const FIRST_BYTES = 16 * 1024

/** What is refused is read to its end and dropped, so that its sender hears why, where it says that it has no more than this. */
const MAX_DROPPED_BYTES = 1024 * 1024

/** Whether the rest of a body that is refused is read and dropped. Of others nothing more is read: that would be work for nothing. */
export function isDropped({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= MAX_DROPPED_BYTES
}

/**
 * Reads a body into one buffer that grows with it: a chunk of one byte holds one byte.
 * @param most bytes
 * @param place where what is held is counted
 */
export function readBody(message: IncomingMessage, most: number, place: Admitted): Promise<Buffer | BodyFault> {
  return new Promise((resolve) => {
    if (Number(message.headers['content-length'] ?? 0) > MAX_PAYLOAD_BYTES) return resolve('over quota')
    let held = Buffer.alloc(0)
    let size = 0
    const refuse = (fault: BodyFault): void => {
      held = Buffer.alloc(0)
      message.removeAllListeners('data')
      if (isDropped(message)) message.resume()
      else message.pause()
      resolve(fault)
    }
    message.on('data', (chunk: Buffer) => {
      const before = size
      size += chunk.length
      if (size > MAX_PAYLOAD_BYTES) return refuse('over quota')
      if (size > most) return refuse('too large')
      if (size > held.length) {
        const capacity = Math.min(most, Math.max(size, held.length * 2, FIRST_BYTES))
        if (!place.hold(capacity)) return refuse('no room')
        const grown = Buffer.allocUnsafe(capacity)
        held.copy(grown, 0, 0, before)
        held = grown
      }
      chunk.copy(held, before)
    })
    message.on('end', () => resolve(held.subarray(0, size)))
    message.on('close', () => resolve('aborted'))
  })
}
