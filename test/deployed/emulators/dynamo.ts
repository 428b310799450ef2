import { type IncomingMessage, type RequestListener, Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import dynalite from 'dynalite'
import { dynamoLimits } from './dynamo-limits.ts'

/** DynamoDB in memory: dynalite, behind what it does not refuse and AWS does. */
export async function startDynamo(): Promise<{ origin: string; close(): Promise<void> }> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 })
  // Node has no other listeners of requests than these.
  const listeners = server.listeners('request') as RequestListener[]
  server.removeAllListeners('request')
  const refusalOf = dynamoLimits()
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response, { refusalOf, listeners }).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  // As long as the server listens on a port, its address is not a string.
  const { port } = server.address() as AddressInfo
  // Its own would close the database under requests whose clients are gone, which ends the process.
  const close = (): Promise<void> =>
    new Promise((resolve, reject) => {
      Server.prototype.close.call(server, (error) => (error ? reject(error) : resolve()))
      server.closeAllConnections()
    })
  return { origin: `http://127.0.0.1:${port}`, close }
}

interface Behind {
  refusalOf: ReturnType<typeof dynamoLimits>
  listeners: RequestListener[]
}

/** Of a client that hangs up nothing comes to dynalite, which would throw, and so end the process. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { refusalOf, listeners }: Behind,
): Promise<void> {
  const body = await text(request)
  const refusal = refusalOf(body)
  if (refusal) {
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify({ __type: 'com.amazon.coral.validate#ValidationException', message: refusal }))
    return
  }
  const { method, url, headers } = request
  const read = Object.assign(Readable.from([Buffer.from(body)]), { method, url, headers })
  // All that dynalite reads of a request.
  for (const listener of listeners) listener(read as unknown as IncomingMessage, response)
}
