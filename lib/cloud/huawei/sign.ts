import { createHmac, createSecretKey, hash } from 'node:crypto'
import { memo } from '../memo.ts'

/**
 * SDK-HMAC-SHA256, the signature of Huawei Cloud's API gateway. Pure: request, credentials and time in, headers out.
 * Each stage is exported so that a vector can point at the stage that breaks.
 *
 * Source: https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm.html
 */
const ALGORITHM = 'SDK-HMAC-SHA256'

/** The part that all requests of an account to a host share. */
export interface Frame {
  /** `host` or `host:port`, as it goes on the wire. */
  host: string
  /** Headers to send and sign besides `host` and `x-sdk-date`. */
  headers?: Record<string, string>
}

export interface Unframed {
  method: string
  /** Wire path: absolute, percent-encoded. */
  path: string
  query?: Record<string, string | string[]>
  /** The exact bytes of the body, as text; empty = no body. */
  body?: string
}

export type SignableRequest = Frame & Unframed

export interface AccessKeyPair {
  accessKey: string
  secretKey: string
}

/** `YYYYMMDDTHHMMSSZ`, UTC. */
export function sdkDate(nowMs: number): string {
  return dateOfSecond(String(Math.floor(nowMs / 1000)))
}

const dateOfSecond = memo(4, (second) => {
  return `${new Date(Number(second) * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
})

/** RFC 3986: percent-encodes everything but letters, digits and `-_.~`, as UTF-8 with upper-case hex. */
export function percentEncode(text: string): string {
  if (PLAIN.test(text)) return text
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The path as it is signed: each segment encoded once, as it may be on the wire or not, and a `/` at the end. */
export function canonicalUri(path: string): string {
  const encoded = PLAIN_PATH.test(path) ? path : path.split('/').map(encodedOnce).join('/')
  return encoded.endsWith('/') ? encoded : `${encoded}/`
}

/** Texts and paths that need no encoding: nearly all. The test is ten times faster than the encoding. */
const PLAIN = /^[\w\-.~]*$/
const PLAIN_PATH = /^[\w\-.~/]*$/

function encodedOnce(segment: string): string {
  return percentEncode(decodeURIComponent(segment))
}

/** Sorted by key, then by value; an array repeats its key. The wire has the same text. */
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

/** One line per header, each ended by a line feed. */
function headerLines(headers: [string, string][]): string {
  return headers.map(([name, value]) => `${name}:${value}\n`).join('')
}

export function signedHeaders(headers: [string, string][]): string {
  return headers.map(([name]) => name).join(';')
}

/** The six parts of the canonical request, joined by line feeds. */
export function canonicalRequest(request: Unframed, headers: [string, string][]): string {
  return framed(request, headerLines(headers), signedHeaders(headers))
}

function framed({ method, path, query, body }: Unframed, lines: string, names: string): string {
  const parts = `${method.toUpperCase()}\n${canonicalUri(path)}\n${query ? canonicalQuery(query) : ''}`
  return `${parts}\n${lines}\n${names}\n${body ? hash('sha256', body) : HASH_OF_NOTHING}`
}

const HASH_OF_NOTHING = hash('sha256', '')

/** Algorithm, date and the hash of the canonical request. */
export function stringToSign(date: string, canonical: string): string {
  return `${ALGORITHM}\n${date}\n${hash('sha256', canonical)}`
}

/** Lower-case hex of HMAC-SHA256 with the secret key itself; this scheme derives no key. */
export function signature(secretKey: string, toSign: string): string {
  return createHmac('sha256', keyObject(secretKey)).update(toSign).digest('hex')
}

/** A KeyObject is several times faster than a string or a Buffer on Node 24. */
const keyObject = memo(16, (secretKey) => createSecretKey(secretKey, 'utf8'))

/**
 * Signs requests that share host and headers. Their part of the canonical request is made once, which saves a third of the time.
 * @returns all headers of the signed request except `host`, which the connection adds
 */
export function signer(frame: Frame, key: AccessKeyPair): (request: Unframed, nowMs: number) => Record<string, string> {
  const headers = canonicalHeaders({ ...frame.headers, 'x-sdk-date': DATE_HERE, host: frame.host })
  const [before = '', after = ''] = headerLines(headers).split(DATE_HERE)
  const names = signedHeaders(headers)
  const credential = `${ALGORITHM} Access=${key.accessKey}, SignedHeaders=${names}, Signature=`
  return (request, nowMs) => {
    const date = sdkDate(nowMs)
    const canonical = framed(request, `${before}${date}${after}`, names)
    const signed = signature(key.secretKey, stringToSign(date, canonical))
    return { ...frame.headers, 'x-sdk-date': date, authorization: `${credential}${signed}` }
  }
}

/** A character that no header can contain. */
const DATE_HERE = '\0'

/** Signs one request. */
export function sign(request: SignableRequest, key: AccessKeyPair, nowMs: number): Record<string, string> {
  return signer(request, key)(request, nowMs)
}

function byKeyThenValue(a: [string, string], b: [string, string]): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1
  if (a[1] === b[1]) return 0
  return a[1] < b[1] ? -1 : 1
}
