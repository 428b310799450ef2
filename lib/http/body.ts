import { shapeFault } from './json-shape.ts'
import { wellFormedJson } from './well-formed-json.ts'

/** No request in Steadyhand's own format is larger; a larger body is rejected before it is parsed. */
export const MAX_REQUEST_BYTES = 256 * 1024

/** Fits 1,500 alerts, or an issue with years of comments. A larger webhook is recorded as refused, and people are notified. */
export const MAX_WEBHOOK_BYTES = 1024 * 1024

/** The body cannot be read. Nothing was stored. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly status: 400 | 413 | 415
  /** Headers that say what would be read, for a 415 (RFC 9110, 15.5.16). */
  readonly headers: Readonly<Record<string, string>>

  constructor(status: 400 | 413 | 415, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

type EventBody = { body?: string | null | undefined; isBase64Encoded?: boolean | undefined }

/** The bytes that were sent, without a limit; API Gateway has its own, and may encode them in base64. */
export function sentBytes({ body, isBase64Encoded }: EventBody): Buffer {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
}

/** @throws {BodyError} 413 */
export function checkSize({ byteLength }: Uint8Array, maxBytes: number): void {
  if (byteLength > maxBytes) throw new BodyError(413, `the body has ${byteLength} bytes; the limit is ${maxBytes}`)
}

/**
 * Parses all JSON that comes from outside. Readers may rely on its shape (`json-shape.ts`) and on well-formed strings. A byte
 * order mark, which some senders write, is skipped (RFC 8259, 8.1).
 * @throws {BodyError} 400 that names the fault and its dotted path
 */
export function parseStrictJson(bytes: Buffer): unknown {
  if (bytes.byteLength === 0) throw new BodyError(400, 'the body is empty')
  const json = wellFormedJson(decoded(bytes))
  const value = parsed(json)
  const fault = shapeFault(json)
  if (fault !== undefined) throw new BodyError(400, `the body is not accepted: ${fault}`)
  return value
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new BodyError(400, 'the body is not UTF-8')
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new BodyError(400, `the body is not JSON: ${error instanceof Error ? error.message : error}`)
  }
}
