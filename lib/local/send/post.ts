import type { SentDelivery } from './delivery.ts'

export interface HttpAnswer {
  status: number
  body: string
}

/** Longer than the limit of any gateway (30 s). */
const TIMEOUT_MS = 35_000

/** @throws {Error} where no answer comes */
export function post({ url, headers, body }: SentDelivery): Promise<HttpAnswer> {
  return send(url, { method: 'POST', headers, body })
}

/** @returns the JSON of a 200; undefined for any other answer */
export async function getJson(url: string, headers: Record<string, string>): Promise<unknown> {
  const { status, body } = await send(url, { headers })
  return status === 200 ? JSON.parse(body) : undefined
}

/** Follows no redirects: a signed or secret request is for this host alone. */
async function send(url: string, init: RequestInit): Promise<HttpAnswer> {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) })
    return { status: response.status, body: await response.text() }
  } catch (error) {
    const { origin } = new URL(url)
    // `fetch` wraps the real error as the cause of its own.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    if (isRefused(cause)) throw new Error(`nobody listens at ${origin}: npm start must be running`)
    throw new Error(`${origin} does not answer: ${cause instanceof Error ? cause.message : cause}`)
  }
}

function isRefused(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}
