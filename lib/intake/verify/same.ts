import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/** Whether two secrets are the same; the time taken tells nothing of either, nor of their lengths. */
export function isSame(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/**
 * Whether any of the given codes is the HMAC-SHA256 of the parts, under any of the keys. Every pair is compared, so that the
 * time taken tells nothing. An empty key, under which anybody could sign, fits nothing.
 */
export function fitsHmac(
  given: Uint8Array[],
  keys: (string | Uint8Array)[],
  ...parts: (string | Uint8Array)[]
): boolean {
  const expected = keys.filter((key) => key.length > 0).map((key) => hmac(key, ...parts))
  const fits = expected.flatMap((want) =>
    given.filter((got) => got.byteLength === want.byteLength && timingSafeEqual(got, want)),
  )
  return fits.length > 0
}

export function hmac(key: string | Uint8Array, ...parts: (string | Uint8Array)[]): Buffer {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}
