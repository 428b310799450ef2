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

/** @throws {BodyError} 400 */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new BodyError(400, `the body is not JSON: ${error instanceof Error ? error.message : error}`)
  }
}
