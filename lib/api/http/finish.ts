import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { HttpEvent, HttpResult } from './http.ts'

const READS = /^(GET|HEAD|OPTIONS)$/

/** A smaller body fits into one packet anyway. */
const MIN_PACKED_CHARACTERS = 1_400

/**
 * Completes an answer by what all answers have: how long caches may keep it, and its body packed where the caller takes that.
 */
export async function finish(event: Partial<HttpEvent>, result: HttpResult): Promise<HttpResult> {
  const { statusCode = 200, headers = {} } = result
  const isRead = READS.test(event.requestContext?.http?.method ?? '')
  const isProblem = statusCode >= 400
  // Answers are the caller's own. A cache asks each time whether a read is still valid.
  const caching = isRead && !isProblem ? 'private, no-cache' : 'no-store'
  const whole = { ...result, headers: { 'cache-control': caching, ...headers } }
  return isRead && !isProblem ? pack(event, whole) : whole
}

/** An answer with a strong tag stays as it is, because another encoding would need another tag (RFC 9110, 8.8.3). */
async function pack({ headers: asked = {} }: Partial<HttpEvent>, result: HttpResult): Promise<HttpResult> {
  const { body, headers = {} } = result
  if (String(headers.etag ?? 'W/').startsWith('"') || result.isBase64Encoded) return result
  // Also where this one is not packed: another of the same address may be (RFC 9110, 12.5.5).
  const varied = { ...headers, vary: 'accept-encoding' }
  const isSmall = body === undefined || body.length < MIN_PACKED_CHARACTERS
  if (isSmall || !takesGzip(asked['accept-encoding'])) return { ...result, headers: varied }
  const packed = await promisify(gzip)(body)
  return {
    ...result,
    headers: { ...varied, 'content-encoding': 'gzip' },
    ...{ body: packed.toString('base64'), isBase64Encoded: true },
  }
}

/** RFC 9110, 12.5.3. A weight of 0 refuses a coding. */
export function takesGzip(header = ''): boolean {
  const weights = header.split(',').map((one) => {
    const [coding = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase())
    return [coding, parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)) ? 0 : 1] as const
  })
  const found = weights.find(([coding]) => coding === 'gzip') ?? weights.find(([coding]) => coding === '*')
  return found?.[1] === 1
}
