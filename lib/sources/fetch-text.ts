import { isIP } from 'node:net'
import type { FetchText } from './source.ts'

/** Another system did not answer. The sender may try again. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

/** The answer is too long to be read; another try would get the same. */
export class TooLongError extends UnreachableError {}

/** Senders of webhooks wait 5 s for a response. */
const TIMEOUT_MS = 3000

/** A certificate has 2 KiB; a page of a ticket's history (a hundred changes with authors) has about 150 KiB. */
const MAX_BYTES = 1024 * 1024

type Fetch = (url: URL, init: RequestInit) => Promise<Response>

/**
 * Creates the HTTP client of one delivery: HTTPS to host names only, no cookies. A redirect is returned with its status and not
 * followed, because it would bypass the source's check of the URL.
 * @param timeoutMs for all requests together, from the first one on
 * @returns a function that throws an {@link UnreachableError} with host and path, and no secret
 */
export function createFetchText(
  fetch: Fetch = globalThis.fetch,
  { timeoutMs = TIMEOUT_MS, maxBytes = MAX_BYTES } = {},
): FetchText {
  let signal: AbortSignal | undefined
  return async (url, headers = {}) => {
    const operation = `GET ${url.host}${url.pathname}`
    if (!isName(url)) throw new UnreachableError(`${operation}: needs https, a host name and no password`)
    // Covers the body, too: one that trickles in is aborted.
    signal ??= AbortSignal.timeout(timeoutMs)
    try {
      const answer = await fetch(url, { headers, redirect: 'manual', credentials: 'omit', signal })
      return { status: answer.status, text: await bodyOf(answer, maxBytes) }
    } catch (error) {
      if (error instanceof TooLongError) throw new TooLongError(`${operation}: ${error.message}`)
      throw new UnreachableError(`${operation}: ${reasonOf(error, signal.aborted ? timeoutMs : undefined)}`)
    }
  }
}

/** Parsing a URL turns an IP address in any spelling into four numbers, or into one in brackets. */
function isName({ protocol, hostname, username, password }: URL): boolean {
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')) !== 0
  return protocol === 'https:' && !isAddress && username === '' && password === ''
}

async function bodyOf(answer: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new TooLongError(`the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder().decode(Buffer.concat(chunks))
}

/** @param timeoutMs only if the request timed out */
function reasonOf(error: unknown, timeoutMs: number | undefined): string {
  if (timeoutMs !== undefined) return `no answer in ${timeoutMs} ms`
  if (!(error instanceof Error)) return 'failed'
  // The message is only `fetch failed`; the cause has a code such as ECONNREFUSED.
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  return code ?? error.message
}
