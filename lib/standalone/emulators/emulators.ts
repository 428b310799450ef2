import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import dynalite from 'dynalite'
import { buildApp } from 'fauxqs'
import type { Endpoints } from './clients.ts'

export type Emulators = { endpoints: Endpoints; close(): Promise<void> }

/**
 * Starts SQS and SNS (fauxqs, in memory) and DynamoDB (dynalite, a LevelDB under `tablePath`) on free ports of 127.0.0.1,
 * each only if no endpoint is given for it.
 *
 * Throws when another process has the LevelDB open.
 */
export async function startEmulators(tablePath: string, given: Partial<Endpoints> = {}): Promise<Emulators> {
  const origins = Object.fromEntries(Object.entries(given).map(([name, url]) => [name, new URL(url).origin]))
  const dynamodb = given.dynamodb ? undefined : await startDynalite(tablePath)
  const queues = given.sqs && given.sns ? undefined : await startFauxqs()
  const queueOrigin = queues?.origin ?? ''
  return {
    endpoints: { sqs: queueOrigin, sns: queueOrigin, dynamodb: dynamodb?.origin ?? '', ...origins },
    async close() {
      await Promise.all([dynamodb?.close(), queues?.close()])
    },
  }
}

async function startFauxqs() {
  // Not its startFauxqs: that one listens on all interfaces.
  const app = buildApp({ logger: false })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  return { origin, close: () => app.close() }
}

async function startDynalite(path: string) {
  await checkDatabaseIsFree(path)
  const server = dynalite({ path, createTableMs: 0 })
  // dynalite throws, and so ends the process, when a client hangs up before its answer; a killed sandbox does just that.
  server.on('request', (request) => request.removeAllListeners('error').on('error', () => undefined))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  // As long as the server listens on a port, its address is not a string.
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => closeServer(server) }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
    server.closeAllConnections()
  })
}

/** dynalite itself would hang on a locked database, so its own LevelDB opens it once before. */
async function checkDatabaseIsFree(path: string): Promise<void> {
  const require = createRequire(import.meta.url)
  // Untyped from here: `level` is a dependency of dynalite, not ours.
  const { Level } = createRequire(require.resolve('dynalite'))('level') as {
    Level: new (path: string) => { open(): Promise<void>; close(): Promise<void> }
  }
  const database = new Level(path)
  try {
    await database.open()
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } }
    const locked = cause?.code === 'LEVEL_LOCKED'
    throw new Error(`open ${path}: ${locked ? 'another process is using it' : 'cannot be opened'}`, { cause: error })
  }
  await database.close()
}
