import { isIP } from 'node:net'
import type { FetchText } from './source.ts'

/** It could not be asked: ours to mend, the sender may try again. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

/** The answer is longer than is read: it will be again. */
export class TooLongError extends UnreachableError {}

/** Whoever sent the webhook wants its answer within 5 s. */
const TIMEOUT_MS = 3000

/** A certificate has 2 KiB, a page of a ticket's history (a hundred changes, each with its author) some 150. */
const MAX_BYTES = 1024 * 1024

type Fetch = (url: URL, init: RequestInit) => Promise<Response>

/**
 * Asks other systems, for the little that sources need: HTTPS, no address for a name, no cookies. A redirect is an answer
 * (its status), and is not followed: it would lead past whatever the source checked of the URL.
 * @param timeoutMs from the first question on, for all: one for each delivery
 * @returns what asks; it throws an {@link UnreachableError} that names host and path, and nothing that may be secret
 */
export function createFetchText(
  fetch: Fetch = globalThis.fetch,
  { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = {},
): FetchText {
  let signal: AbortSignal | undefined
  return async (url, headers = {}) => {
    const what = `GET ${url.host}${url.pathname}`
    if (!isName(url)) throw new UnreachableError(`${what}: only names are asked, by https, and without a password`)
    // Of the whole: a body that trickles in is cut as well.
    signal ??= AbortSignal.timeout(timeoutMs)
    try {
      const answer = await fetch(url, { headers, redirect: 'manual', credentials: 'omit', signal })
      return { status: answer.status, text: await bodyOf(answer, maxBytes) }
    } catch (error) {
      if (error instanceof TooLongError) throw new TooLongError(`${what}: ${error.message}`)
      throw new UnreachableError(`${what}: ${reasonOf(error, signal.aborted ? timeoutMs : undefined)}`)
    }
  }
}

/** An address, in whatever spelling, has become one of four numbers, or one in brackets, by the time the URL was parsed. */
function isName({ protocol, hostname, username, password }: URL): boolean {
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')) !== 0
  return protocol === 'https:' && !isAddress && username === '' && password === ''
}

async function bodyOf(answer: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the rest.
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new TooLongError(`the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** @param timeoutMs where that was it */
function reasonOf(error: unknown, timeoutMs: number | undefined): string {
  if (timeoutMs !== undefined) return `no answer in ${timeoutMs} ms`
  if (!(error instanceof Error)) return 'failed'
  // `fetch failed` says nothing; the cause does, by a code such as ECONNREFUSED.
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  return code ?? error.message
}
