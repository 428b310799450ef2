import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

// An import would load all that `node:http` has, the clients of WebSocket too: 16 MB, and 45 ms.
const { createServer } = process.getBuiltinModule('node:http')

/** A server on any free port of 127.0.0.1. */
export async function listen(serve: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(serve)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // Requests that hang by a quirk would otherwise keep it open for ever.
      server.closeAllConnections()
      await closed
    },
  }
}
