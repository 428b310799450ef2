import type { HttpResult } from './http.ts'

/** The release of v1 (RFC 9745). */
const DEPRECATED_AT = Date.UTC(2026, 11, 1) / 1000

/** Tells callers of an old form where the new one is. @param successor relative to the path of the old one */
export function deprecated(result: HttpResult, successor: string): HttpResult {
  const link = `<${successor}>; rel="successor-version"`
  return { ...result, headers: { ...result.headers, deprecation: `@${DEPRECATED_AT}`, link } }
}
