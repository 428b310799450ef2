import type { Dispatcher } from 'undici'
// undici's index loads four times as much: 16 MB, and 60 ms of each start.
import Pool from 'undici/lib/dispatcher/pool.js'
import type { ChangeMade, ErrorKind } from './errors.ts'
import type { CloudAnswer, WireRequest } from './provider.ts'

/** The answers that we read have at most some hundred kilobytes, but for long lists; a larger one is a fault and is not read to its end. */
export const MAX_ANSWER_BYTES = 1024 * 1024

/** A slower connection will not come: the clouds answer within a second even across continents. */
const CONNECT_TIMEOUT_MS = 4_000

/** Silence in the middle of an answer. */
const BODY_TIMEOUT_MS = 5_000

/** Above undici's 4 s, so that the polls of a warm function share a connection; below the usual 60 s of gateways. */
const KEEP_ALIVE_MS = 30_000

/** The reason why there is no answer. `change` tells whether the request may have arrived. */
export class SendFailure extends Error {
  override readonly name = 'SendFailure'
  readonly kind: ErrorKind
  readonly change: ChangeMade

  constructor(message: string, { kind, change, cause }: { kind: ErrorKind; change: ChangeMade; cause?: unknown }) {
    super(message, { cause })
    this.kind = kind
    this.change = change
  }
}

/** Sends one request. @throws {SendFailure} with `change: none` exactly where nothing of the request was written */
export type Send = (request: WireRequest, options: SendOptions) => Promise<CloudAnswer>

export interface SendOptions {
  /** For the whole exchange, the wait for a connection included. */
  timeoutMs: number
  /** Uses a new connection. A kept one may be dead unnoticed; a request lost with it leaves in doubt whether it arrived. */
  fresh: boolean
  /** Bound of the answer; `MAX_ANSWER_BYTES` unless given. */
  maxBytes?: number | undefined
}

/** Unless given. */
const CONNECTIONS = 16

/** For a process that follows a hundred runs at once: with answers within 300 ms, they carry 200 calls a second. */
export const MANY_CONNECTIONS = 64

/**
 * Sends over connection pools, one per origin. No redirects, a bounded body, a total time-out.
 * @param connections at most, per pool; further requests wait
 */
export function createSend(connections = CONNECTIONS): Send & { close(): Promise<void> } {
  const pools = new Map<string, Pool>()
  const send: Send = (request, { timeoutMs, fresh, maxBytes = MAX_ANSWER_BYTES }) =>
    new Promise((resolve, reject) => {
      if (timeoutMs <= 0) throw new SendFailure('not sent: no time was left', { kind: 'timeout', change: 'none' })
      const { origin, method, path, headers, body = null } = request
      const options = { origin, method: method as 'GET', path, headers, body }
      poolOf(pools, { origin, connections, fresh }).dispatch(
        options,
        new Exchange({ timeoutMs, maxBytes }, resolve, reject),
      )
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
    // Replaced by the total time-out of each exchange.
    headersTimeout: 0,
    bodyTimeout: BODY_TIMEOUT_MS,
    // HTTP/2 may repeat a request by itself when a server goes away.
    allowH2: false,
    // 0 closes each connection after its request.
    pipelining: fresh ? 0 : 1,
  })
  pools.set(key, made)
  return made
}

/**
 * One request and its answer. It takes half the CPU of undici's `request()`, which makes a stream of every body. It is a class
 * because eight closures per call cost 5 % more.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: CloudAnswer) => void
  readonly #reject: (failure: SendFailure) => void
  readonly #timer: NodeJS.Timeout
  readonly #maxBytes: number
  /** Set just before the first byte is written; from then on the server may have read the request. */
  #connection: Dispatcher.DispatchController | undefined
  #isOver = false
  #status = 0
  #headers: CloudAnswer['headers'] = {}
  #size = 0
  #chunks: Buffer[] = []

  constructor(
    { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
    resolve: (answer: CloudAnswer) => void,
    reject: (failure: SendFailure) => void,
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#maxBytes = maxBytes
    this.#timer = setTimeout(Exchange.#onTimeout, timeoutMs, this, timeoutMs)
  }

  static #onTimeout(exchange: Exchange, timeoutMs: number): void {
    const what = exchange.#connection ? 'no complete answer' : 'no connection'
    const message = `${what} within ${Math.round(timeoutMs)} ms`
    exchange.#fail(new SendFailure(message, { kind: 'timeout', change: exchange.#change() }))
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
    // Throwing ends this request only; an abort would close the connection, too.
    if (this.#isOver) throw new Error('its time-out passed before it was sent')
    this.#connection = controller
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: CloudAnswer['headers']): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.byteLength
    if (this.#size <= this.#maxBytes) this.#chunks.push(chunk)
    else this.#fail(new SendFailure(tooLarge(this.#maxBytes), { kind: 'unreadable', change: 'unknown' }))
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

function tooLarge(maxBytes: number): string {
  return `the answer is larger than ${maxBytes} bytes`
}

function asFailure(error: Error, change: ChangeMade): SendFailure {
  const code = 'code' in error ? String(error.code) : 'no code'
  if (code === 'UND_ERR_BODY_TIMEOUT') {
    const message = `the answer stopped for ${BODY_TIMEOUT_MS} ms`
    return new SendFailure(message, { kind: 'timeout', change, cause: error })
  }
  // E.g. a key with a line feed in it: another attempt would fail alike.
  if (code === 'UND_ERR_INVALID_ARG') {
    return new SendFailure(`it cannot be sent: ${error.message}`, { kind: 'input', change, cause: error })
  }
  const what = change === 'none' ? 'no connection' : 'the connection broke'
  return new SendFailure(`${what} (${code})`, { kind: 'network', change, cause: error })
}
