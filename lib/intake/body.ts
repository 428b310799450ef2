import { shapeFault } from './json-shape.ts'
import { wellFormedJson } from './well-formed-json.ts'

/** No wish is larger; a larger body is refused before it is parsed. */
export const MAX_BODY_BYTES = 256 * 1024

/** The body as it stands cannot be read. Nothing was stored. */
export class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly status: 400 | 413

  constructor(status: 400 | 413, message: string) {
    super(message)
    this.status = status
  }
}

/** The bytes that were sent: API Gateway may hand them over in base64. @throws {BodyError} 413 */
export function rawBody(event: { body?: string | null | undefined; isBase64Encoded?: boolean | undefined }): Buffer {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8')
  if (bytes.byteLength > MAX_BODY_BYTES) {
    throw new BodyError(413, `the body has ${bytes.byteLength} bytes; ${MAX_BODY_BYTES} are the most`)
  }
  return bytes
}

/**
 * The one door of JSON: whatever reads the value after it may trust its shape (`json-shape.ts`) and that its strings are
 * well-formed. A byte order mark, which some senders' libraries write, is passed over (RFC 8259, 8.1).
 * @throws {BodyError} 400 saying what, and where by dotted path
 */
export function parseJson(bytes: Buffer): unknown {
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
