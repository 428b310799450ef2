import type { IncomingMessage, RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import dynalite from 'dynalite'
import { buildApp } from 'fauxqs'
import { denialOf } from '../../../lib/local/http/access.ts'
import { writeAtomically } from './atomic-writes.ts'
import type { Endpoints } from './clients.ts'
import { checkDatabase } from './database.ts'

export type Emulators = {
  endpoints: Endpoints
  /** From now on the embedded SNS answers a publisher only when `wait` has resolved for the message's id. */
  holdPublishers(wait: (messageId: string) => Promise<void>): void
  close(): Promise<void>
}

/**
 * Starts SQS and SNS (fauxqs, in memory) and DynamoDB (dynalite, a LevelDB under `tablePath`) on free ports of 127.0.0.1,
 * each only if no endpoint is given for it. They ask nobody who he is; web pages are kept out as at the gateway.
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
    holdPublishers: (wait) => queues?.holdPublishers(wait),
    async close() {
      await Promise.all([dynamodb?.close(), queues?.close()])
    },
  }
}

// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const PUBLISHED = /^(?:<\?[^>]*>\s*)?<PublishResponse[^>]*>[\s\S]*<MessageId>([^<]+)<\/MessageId>/

async function startFauxqs() {
  // Not its startFauxqs: that one listens on all interfaces.
  const app = buildApp({ logger: false })
  app.addHook('onRequest', async ({ raw }, reply) => (isOfWebPage(raw) ? reply.code(403).send() : undefined))
  let hold: ((messageId: string) => Promise<void>) | undefined
  app.addHook('onSend', async (_request, _reply, payload) => {
    const [, messageId] = PUBLISHED.exec(String(payload)) ?? []
    if (messageId !== undefined) await hold?.(messageId)
    return payload
  })
  const origin = await app.listen({ port: 0, host: '127.0.0.1' })
  const holdPublishers: Emulators['holdPublishers'] = (wait) => {
    hold = wait
  }
  return { origin, holdPublishers, close: () => app.close() }
}

async function startDynalite(path: string) {
  await checkDatabase(path)
  writeAtomically()
  const server = dynalite({ path, createTableMs: 0 })
  // dynalite throws, and so ends the process, when a client hangs up before its answer; a killed sandbox does just that.
  server.on('request', (request) => request.removeAllListeners('error').on('error', () => undefined))
  keepWebPagesOut(server)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  // As long as the server listens on a port, its address is not a string.
  const { port } = server.address() as AddressInfo
  return { origin: `http://127.0.0.1:${port}`, close: () => closeServer(server) }
}

/** A form that a page sends by itself is a call of SNS, and dynalite lets scripts of any origin read its answers. */
function isOfWebPage(message: IncomingMessage): boolean {
  return denialOf({}, message) !== undefined
}

function keepWebPagesOut(server: Server): void {
  // Node has no other listeners of requests than these.
  const listeners = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (isOfWebPage(request)) response.writeHead(403).end()
    else for (const listener of listeners) listener(request, response)
  })
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()))
    server.closeAllConnections()
  })
}
