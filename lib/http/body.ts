import { shapeFault } from './json-shape.ts'
import { wellFormedJson } from './well-formed-json.ts'

/** No request in our own words is larger; a larger body is refused before it is parsed. */
export const MAX_REQUEST_BYTES = 256 * 1024

/** A group of 1,500 alerts, or an issue with years of comments. A larger one is kept as refused, and people are told. */
export const MAX_WEBHOOK_BYTES = 1024 * 1024

/** The body as it stands cannot be read. Nothing was stored. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly status: 400 | 413 | 415

  constructor(status: 400 | 413 | 415, message: string) {
    super(message)
    this.status = status
  }
}

type Sent = { body?: string | null | undefined; isBase64Encoded?: boolean | undefined }

/** The bytes that were sent, however many: API Gateway may hand them over in base64, and has a limit of its own. */
export function sentBytes({ body, isBase64Encoded }: Sent): Buffer {
  return Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')
}

/** The same, where there are not too many. @throws {BodyError} 413 */
export function rawBody(event: Sent): Buffer {
  const bytes = sentBytes(event)
  checkSize(bytes, MAX_REQUEST_BYTES)
  return bytes
}

/** @throws {BodyError} 413 */
export function checkSize({ byteLength }: Uint8Array, most: number): void {
  if (byteLength > most) throw new BodyError(413, `the body has ${byteLength} bytes; ${most} are the most`)
}

/**
 * The one door of JSON: whatever reads the value after it may trust its shape (`json-shape.ts`) and that its strings are
 * well-formed. A byte order mark, which some senders' libraries write, is passed over (RFC 8259, 8.1).
 * @throws {BodyError} 400 saying what, and where by dotted path
 */
export function parseStrictJson(bytes: Buffer): unknown {
  const json = wellFormedJson(decoded(bytes))
  const value = parsed(json)
  const fault = shapeFault(json)
  if (fault !== undefined) throw new BodyError(400, `the body is not taken: ${fault}`)
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
