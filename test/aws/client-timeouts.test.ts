import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { CLIENT_TIMEOUTS } from '../../lib/aws/client-timeouts.ts'
import { documents, dynamoStore } from '../../lib/aws/store.ts'

// Other tests of this process set their own environment.
afterEach(() => vi.unstubAllEnvs())

test('a table that does not answer is given up well before the invocation is', async () => {
  const sockets = new Set<Socket>()
  const silent = createServer((socket) => void sockets.add(socket))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo // listening on TCP
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`)
  vi.stubEnv('AWS_REGION', 'us-east-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
  const outcome = await dynamoStore('t', documents())
    .get('run_x')
    .then(
      () => 'read',
      () => 'gave up',
    )
  for (const socket of sockets) socket.destroy()
  silent.close()
  expect([outcome, sockets.size]).toEqual(['gave up', CLIENT_TIMEOUTS.maxAttempts])
  // Counted, not timed, because the machine may be busy. The shortest invocation has 15 s.
  const { connectionTimeout, requestTimeout } = CLIENT_TIMEOUTS.requestHandler
  expect(CLIENT_TIMEOUTS.maxAttempts * (connectionTimeout + requestTimeout)).toBeLessThan(10_000)
})
