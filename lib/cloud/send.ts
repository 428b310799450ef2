import type { Dispatcher } from 'undici'
// Its index loads four times as much: 16 MB, and 60 ms of each start.
import Pool from 'undici/lib/dispatcher/pool.js'
import type { ChangeMade, ErrorKind } from './errors.ts'
import type { CloudAnswer, WireRequest } from './provider.ts'

/** No answer that we read is larger than some hundred kilobytes; a larger one is a fault and is not read to its end. */
export const MAX_ANSWER_BYTES = 1024 * 1024

/** A connection that takes longer is not going to come: the clouds answer within a second even across continents. */
const CONNECT_TIMEOUT_MS = 4_000

/** Of silence in the middle of an answer. */
const BODY_TIMEOUT_MS = 5_000

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
 * @param timeoutMs for the whole exchange, the wait for a connection included
 * @param fresh on a connection of its own: one that was kept may be dead without our knowing, and a request that dies with
 *   it leaves in doubt whether it arrived
 * @throws {SendFailure} with `change: none` exactly where nothing of the request was written
 */
export type Send = (request: WireRequest, timeoutMs: number, fresh: boolean) => Promise<CloudAnswer>

/** One function handles ten messages at once, each with one request at a time. */
const CONNECTIONS = 16

/**
 * Sends over connection pools, one an origin. No redirects, a bounded body, a total time-out.
 * @param connections of a pool at most: who comes then waits
 */
export function createSend(connections = CONNECTIONS): Send & { close(): Promise<void> } {
  const pools = new Map<string, Pool>()
  const send: Send = (request, timeoutMs, fresh) =>
    new Promise((resolve, reject) => {
      if (timeoutMs <= 0) throw new SendFailure('timeout', 'none', 'no time was left to send it')
      const { origin, method, path, headers, body = null } = request
      const options = { origin, method: method as 'GET', path, headers, body }
      poolOf(pools, { origin, connections, fresh }).dispatch(options, new Exchange(timeoutMs, resolve, reject))
    })
  return Object.assign(send, {
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  })
}

/** More origins than a deployment has; a caller's region names one. */
const MAX_POOLS = 64

function poolOf(
  pools: Map<string, Pool>,
  { origin, connections, fresh }: { origin: string; connections: number; fresh: boolean },
): Pool {
  const key = fresh ? `fresh ${origin}` : origin
  const known = pools.get(key)
  if (known) return known
  for (const [oldest, pool] of pools) {
    if (pools.size < MAX_POOLS) break
    pools.delete(oldest)
    void pool.close()
  }
  const made = new Pool(origin, {
    connections,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    // The total time-out of each exchange stands in for it.
    headersTimeout: 0,
    bodyTimeout: BODY_TIMEOUT_MS,
    // HTTP/2 may send a request once more by itself when a server goes away.
    allowH2: false,
    // 0 closes each connection after its request.
    pipelining: fresh ? 0 : 1,
  })
  pools.set(key, made)
  return made
}

/**
 * One request and its answer. Half the CPU of undici's `request()`, which makes a stream of every body; and a class, for
 * eight closures a call cost a twentieth of it.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: CloudAnswer) => void
  readonly #reject: (failure: SendFailure) => void
  readonly #timer: NodeJS.Timeout
  /** Set just before the first byte is written: from then on nobody knows what the server has read. */
  #connection: Dispatcher.DispatchController | undefined
  #isOver = false
  #status = 0
  #headers: CloudAnswer['headers'] = {}
  #size = 0
  #chunks: Buffer[] = []

  constructor(timeoutMs: number, resolve: (answer: CloudAnswer) => void, reject: (failure: SendFailure) => void) {
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = setTimeout(Exchange.#late, timeoutMs, this, timeoutMs)
  }

  static #late(exchange: Exchange, timeoutMs: number): void {
    const what = exchange.#connection ? 'no whole answer' : 'no connection'
    exchange.#fail(new SendFailure('timeout', exchange.#change(), `${what} within ${Math.round(timeoutMs)} ms`))
  }

  #change(): ChangeMade {
    return this.#connection ? 'unknown' : 'none'
  }

  #fail(failure: SendFailure): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#reject(failure)
    this.#connection?.abort(failure)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown, it costs the request alone; an abort would cost the connection, too.
    if (this.#isOver) throw new Error('its time was over before it could be sent')
    this.#connection = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: CloudAnswer['headers']): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.byteLength
    if (this.#size <= MAX_ANSWER_BYTES) this.#chunks.push(chunk)
    else this.#fail(new SendFailure('unreadable', 'unknown', `the answer is larger than ${MAX_ANSWER_BYTES} bytes`))
  }

  onResponseEnd(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#timer)
    const [first = EMPTY] = this.#chunks
    const text = (this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first).toString('utf8')
    this.#resolve({ status: this.#status, headers: this.#headers, text })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(asFailure(error, this.#change()))
  }
}

const EMPTY = Buffer.alloc(0)

function asFailure(error: Error, change: ChangeMade): SendFailure {
  const code = 'code' in error ? String(error.code) : 'no code'
  if (code === 'UND_ERR_BODY_TIMEOUT') {
    return new SendFailure('timeout', change, `the answer stopped for ${BODY_TIMEOUT_MS} ms`, error)
  }
  // E.g. a key with a line feed in it. Another try would change nothing.
  if (code === 'UND_ERR_INVALID_ARG')
    return new SendFailure('input', change, `it cannot be sent: ${error.message}`, error)
  const what = change === 'none' ? 'no connection' : 'the connection broke'
  return new SendFailure('network', change, `${what} (${code})`, error)
}
