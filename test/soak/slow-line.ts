import { connect, createServer, type Socket } from 'node:net'

/** How long a message takes in one direction, in ms; the same for all of one connection, so that none overtakes another. */
const LEAST_MS = 20
export const MOST_ON_THE_WAY_MS = 250

/**
 * A line to a server on 127.0.0.1 that takes its time, as the way to a real cloud does: a worker can be killed while its
 * request is under way, and while the answer is. What was sent before the sender died still arrives.
 * @returns the URL of its near end
 */
export async function slowLine(url: string, random: () => number): Promise<string> {
  const port = Number(new URL(url).port)
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    const delayMs = LEAST_MS + random() * (MOST_ON_THE_WAY_MS - LEAST_MS)
    carry(near, far, delayMs)
    carry(far, near, delayMs)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a slow line has no port')
  return `http://127.0.0.1:${address.port}`
}

function carry(from: Socket, to: Socket, delayMs: number): void {
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs))
  from.on('close', () => setTimeout(() => to.end(), delayMs))
  // A killed process resets its connections; `close` follows.
  from.on('error', () => undefined)
}
