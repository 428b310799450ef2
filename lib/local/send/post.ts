import type { SentDelivery } from './delivery.ts'

export interface HttpAnswer {
  status: number
  body: string
}

/** Longer than any gateway lets a function work (30 s). */
const TIMEOUT_MS = 35_000

/** @throws {Error} where nobody answers */
export function post({ url, headers, body }: SentDelivery): Promise<HttpAnswer> {
  return send(url, { method: 'POST', headers, body })
}

/** @returns the JSON of a 200; undefined for any other answer */
export async function getJson(url: string, headers: Record<string, string>): Promise<unknown> {
  const { status, body } = await send(url, { headers })
  return status === 200 ? JSON.parse(body) : undefined
}

/** No redirects: what is signed, or shows a secret, is for this host alone. */
async function send(url: string, init: RequestInit): Promise<HttpAnswer> {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { status: response.status, body: await response.text() }
  } catch (error) {
    const { origin } = new URL(url)
    // `fetch` has what went wrong as the cause of its own error.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    if (isRefused(cause)) throw new Error(`nobody listens at ${origin}: npm start must be running`)
    throw new Error(`${origin} does not answer: ${cause instanceof Error ? cause.message : cause}`)
  }
}

function isRefused(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}
