import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

// A static import would load all of `node:http`, the WebSocket client too: 16 MB and 45 ms.
const { createServer } = process.getBuiltinModule('node:http')

/** Starts a server on a free port of 127.0.0.1. */
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
      // Requests that hang by a quirk would keep the server open for ever.
      server.closeAllConnections()
      await closed
    },
  }
}
