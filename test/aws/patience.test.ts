import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { documents, dynamoStore } from '../../lib/aws/store.ts'

test('a table that does not answer is given up well before the invocation is', async () => {
  const sockets = new Set<Socket>()
  const silent = createServer((socket) => void sockets.add(socket))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo // listening on TCP
  process.env.AWS_ENDPOINT_URL_DYNAMODB = `http://127.0.0.1:${port}`
  Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' })
  const outcome = await Promise.race([
    dynamoStore('t', documents())
      .get('run_x')
      .then(
        () => 'read',
        () => 'gave up',
      ),
    new Promise((resolve) => setTimeout(() => resolve('hangs'), 11_000)),
  ])
  for (const socket of sockets) socket.destroy()
  silent.close()
  expect(outcome).toBe('gave up')
}, 20_000)
