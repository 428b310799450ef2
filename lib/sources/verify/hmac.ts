import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { SignatureError } from './signature-error.ts'

/** Whether two secrets are the same; the time taken tells nothing of either, nor of their lengths. */
export function secretsEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/**
 * Any of the given codes must be the HMAC-SHA256 of the parts, under any of the keys. Every pair is compared, so that the
 * time taken tells nothing. An empty key, under which anybody could sign, fits nothing.
 * @param header that shows the codes
 * @throws {SignatureError}
 */
export function checkHmac(
  header: string,
  given: Uint8Array[],
  keys: (string | Uint8Array)[],
  ...parts: (string | Uint8Array)[]
): void {
  const expected = keys.filter((key) => key.length > 0).map((key) => hmac(key, ...parts))
  const fits = expected.flatMap((want) =>
    given.filter((got) => got.byteLength === want.byteLength && timingSafeEqual(got, want)),
  )
  if (fits.length === 0) throw new SignatureError(`header ${header} fits no secret of this source`)
}

export function hmac(key: string | Uint8Array, ...parts: (string | Uint8Array)[]): Buffer {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}
