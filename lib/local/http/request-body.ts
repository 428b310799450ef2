import type { IncomingMessage } from 'node:http'
import type { Admitted } from './admission.ts'

/** The payload quota of an HTTP API. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
export const MAX_PAYLOAD_BYTES = 10 * 1024 * 1024

/** Why a body was not read. `over quota`: not even its rest is read. */
export type BodyFault = 'too large' | 'over quota' | 'no room' | 'aborted'

const FIRST_BYTES = 16 * 1024

/** A refused body up to this length is read and dropped: a sender cut off while it sends never sees the answer. */
const MAX_DROPPED_BYTES = 1024 * 1024

/** Whether the rest of a refused body is read and dropped. More would be wasted work, and a chunked body has no known end. */
export function isDropped({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= MAX_DROPPED_BYTES
}

/**
 * Reads a body into one buffer that grows with it: many tiny chunks take no more memory than their bytes.
 * @param admitted counts the bytes that are held
 */
export function readBody(message: IncomingMessage, maxBytes: number, admitted: Admitted): Promise<Buffer | BodyFault> {
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
      if (size > maxBytes) return refuse('too large')
      if (size > held.length) {
        const capacity = Math.min(maxBytes, Math.max(size, held.length * 2, FIRST_BYTES))
        if (!admitted.hold(capacity)) return refuse('no room')
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
