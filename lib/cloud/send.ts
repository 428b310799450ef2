import { Pool } from 'undici'
import type { ChangeMade, ErrorKind } from './errors.ts'
import type { Answer, WireRequest } from './provider.ts'

/** No answer that we read is larger than some hundred kilobytes; a larger one is a fault and is not read to its end. */
export const MAX_BODY_BYTES = 1024 * 1024

/** A connection that takes longer is not going to come: the clouds answer within a second even across continents. */
const CONNECT_TIMEOUT_MS = 4_000

/** Above undici's 4 s, so that the polls of one warm function share a connection; below the usual 60 s of gateways. */
const KEEP_ALIVE_MS = 30_000

/** Why there is no answer. */
export class SendFailure extends Error {
  override readonly name = 'SendFailure'
  readonly kind: ErrorKind
  readonly change: ChangeMade

  constructor(kind: ErrorKind, change: ChangeMade, message: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
    this.change = change
  }
}

/**
 * @param fresh on a connection of its own: one that was kept may be dead without our knowing, and a request that dies with
 *   it leaves in doubt whether it arrived
 */
export type Send = (request: WireRequest, timeoutMs: number, fresh: boolean) => Promise<Answer>

/** More origins than a deployment has; a caller's region names one. */
const MAX_POOLS = 64

/** Sends over connection pools, one an origin. No redirects, a bounded body, a total time-out. */
export function createSend(): Send & { close(): Promise<void> } {
  const pools = new Map<string, Pool>()
  const poolOf = (origin: string, fresh: boolean): Pool => {
    const key = `${fresh} ${origin}`
    const known = pools.get(key)
    if (known) return known
    for (const [oldest, pool] of pools) {
      if (pools.size < MAX_POOLS) break
      pools.delete(oldest)
      void pool.close()
    }
    const made = new Pool(origin, {
      connections: 16,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      // HTTP/2 may send a request once more by itself when a server goes away.
      allowH2: false,
      // 0 closes each connection after its request.
      pipelining: fresh ? 0 : 1,
    })
    pools.set(key, made)
    return made
  }
  const send: Send = async (request, timeoutMs, fresh) => {
    if (timeoutMs <= 0) throw new SendFailure('timeout', 'none', 'no time was left to send it')
    try {
      const response = await poolOf(request.origin, fresh).request({
        method: request.method as 'GET',
        path: request.path,
        headers: request.headers,
        body: request.body ?? null,
        signal: AbortSignal.timeout(timeoutMs),
      })
      return { status: response.statusCode, headers: response.headers, text: await readBounded(response.body) }
    } catch (error) {
      throw asSendFailure(error, timeoutMs)
    }
  }
  return Object.assign(send, {
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  })
}

async function readBounded(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > MAX_BODY_BYTES) {
      throw new SendFailure('unreadable', 'unknown', `the answer is larger than ${MAX_BODY_BYTES} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** Failures before a connection stood: nothing of the request can have left this machine. */
const BEFORE_SENDING: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

function asSendFailure(error: unknown, timeoutMs: number): SendFailure {
  if (error instanceof SendFailure) return error
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new SendFailure('timeout', 'unknown', `no whole answer within ${Math.round(timeoutMs)} ms`, error)
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code'
  if (BEFORE_SENDING.has(code)) return new SendFailure('network', 'none', `no connection (${code})`, error)
  return new SendFailure('network', 'unknown', `the connection broke (${code})`, error)
}
