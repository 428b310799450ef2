import type { IncomingMessage } from 'node:http'

/** Reads and drops the bytes beyond the bound: a client that is cut off while it sends never sees the answer. */
export async function readArrivedBody(
  incoming: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | 'too large' | 'aborted'> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
    }
  } catch {
    return 'aborted'
  }
  return size > maxBytes ? 'too large' : Buffer.concat(chunks)
}
