import type { IncomingMessage } from 'node:http'

/** Reads on beyond the bound without keeping anything: a client that is cut off while it sends never sees the answer. */
export async function readArrivedBody(
  incoming: IncomingMessage,
  mostBytes: number,
): Promise<Buffer | 'too large' | 'aborted'> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size <= mostBytes) chunks.push(chunk)
    }
  } catch {
    return 'aborted'
  }
  return size > mostBytes ? 'too large' : Buffer.concat(chunks)
}
