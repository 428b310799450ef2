import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'

/**
 * SDK-HMAC-SHA256, the signature of Huawei Cloud's API gateway. Pure: request, credentials and time in, headers out.
 * Each stage is exported so that a vector can point at the stage that breaks.
 *
 * Source: https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm.html
 */
const ALGORITHM = 'SDK-HMAC-SHA256'

export interface SignableRequest {
  method: string
  /** `host` or `host:port`, as it goes on the wire. */
  host: string
  /** Wire path: absolute, percent-encoded. */
  path: string
  query?: Record<string, string | string[]>
  /** Headers to be sent and signed besides `host` and `x-sdk-date`. */
  headers?: Record<string, string>
  /** The exact bytes of the body, as text; empty = no body. */
  body?: string
}

export interface SigningKey {
  accessKey: string
  secretKey: string
}

/** `YYYYMMDDTHHMMSSZ`, UTC. */
export function sdkDate(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}

/** RFC 3986: all but letters, digits and `-_.~` is percent-encoded as UTF-8 with upper-case hex. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The path as it is signed: each segment encoded once, whatever the wire shows, and closed by `/`. */
export function canonicalUri(path: string): string {
  const encoded = path
    .split('/')
    .map((segment) => percentEncode(decodeURIComponent(segment)))
    .join('/')
  return encoded.endsWith('/') ? encoded : `${encoded}/`
}

/** Sorted by key, then by value; an array repeats its key. The wire carries the same text. */
export function canonicalQuery(query: Record<string, string | string[]> = {}): string {
  return Object.entries(query)
    .flatMap(([key, value]) => [value].flat().map((one): [string, string] => [key, one]))
    .sort(byKeyThenValue)
    .map(([key, value]) => `${percentEncode(key)}=${percentEncode(value)}`)
    .join('&')
}

/** Lower-cased names, trimmed values, in code-point order of the names. */
export function canonicalHeaders(headers: Record<string, string>): [string, string][] {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim()])
    .sort(byKeyThenValue)
}

/** The six parts of the canonical request, joined by line feeds. */
export function canonicalRequest(request: SignableRequest, headers: [string, string][]): string {
  return [
    request.method.toUpperCase(),
    canonicalUri(request.path),
    canonicalQuery(request.query),
    headers.map(([name, value]) => `${name}:${value}\n`).join(''),
    headers.map(([name]) => name).join(';'),
    hash('sha256', request.body ?? ''),
  ].join('\n')
}

/** Algorithm, date and the hash of the canonical request. */
export function stringToSign(date: string, canonical: string): string {
  return `${ALGORITHM}\n${date}\n${hash('sha256', canonical)}`
}

/** Lower-case hex of HMAC-SHA256 with the secret key itself: this scheme derives no key. */
export function signature(secretKey: string, toSign: string): string {
  return createHmac('sha256', keyObject(secretKey)).update(toSign).digest('hex')
}

/** All headers of the signed request, `host` left out: it is the connection's. */
export function sign(request: SignableRequest, key: SigningKey, nowMs: number): Record<string, string> {
  const date = sdkDate(nowMs)
  const sent = { ...request.headers, 'x-sdk-date': date }
  const headers = canonicalHeaders({ ...sent, host: request.host })
  const signed = signature(key.secretKey, stringToSign(date, canonicalRequest(request, headers)))
  const names = headers.map(([name]) => name).join(';')
  return {
    ...sent,
    authorization: `${ALGORITHM} Access=${key.accessKey}, SignedHeaders=${names}, Signature=${signed}`,
  }
}

/** A KeyObject is several times faster than a string on Node 24. The bound keeps rotated secrets from piling up. */
const MAX_KEYS = 16
const keys = new Map<string, KeyObject>()

function keyObject(secretKey: string): KeyObject {
  const known = keys.get(secretKey)
  if (known) return known
  if (keys.size >= MAX_KEYS) keys.clear()
  const made = createSecretKey(Buffer.from(secretKey, 'utf8'))
  keys.set(secretKey, made)
  return made
}

function byKeyThenValue(a: [string, string], b: [string, string]): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1
  if (a[1] === b[1]) return 0
  return a[1] < b[1] ? -1 : 1
}
