import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { SignatureError } from './signature-error.ts'

/** Compares two secrets in a time that reveals neither of them, nor their lengths. */
export function secretsEqual(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

interface HmacCheck {
  /** Name of the header that holds the codes, for the error. */
  header: string
  given: Uint8Array[]
  keys: (string | Uint8Array)[]
}

/**
 * Requires that one of the given codes is the HMAC-SHA256 of the parts under one of the keys. It compares every pair, so that
 * the time reveals nothing. An empty key matches nothing: anybody could sign with it.
 * @throws {SignatureError}
 */
export function checkHmac({ header, given, keys }: HmacCheck, ...parts: (string | Uint8Array)[]): void {
  const expected = keys.filter((key) => key.length > 0).map((key) => hmac(key, ...parts))
  const matches = expected.flatMap((want) =>
    given.filter((got) => got.byteLength === want.byteLength && timingSafeEqual(got, want)),
  )
  if (matches.length === 0) throw new SignatureError(`header ${header} matches no secret of this source`)
}

export function hmac(key: string | Uint8Array, ...parts: (string | Uint8Array)[]): Buffer {
  const mac = createHmac('sha256', key)
  for (const part of parts) mac.update(part)
  return mac.digest()
}
