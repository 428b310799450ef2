import { createHmac } from 'node:crypto'
import { sameText, sha256Hex } from '../server/digest.ts'
import { type ArrivedRequest, headerValue } from '../server/request.ts'

export interface DcsCredentials {
  ak: string
  sk: string
  projectId: string
}

/** Reported from the field: 15 min 1 s apart is refused (huaweicloud-sdk-java-v3 issue 44). */
const VALID_FOR_MS = 15 * 60_000
const AUTHORIZATION = /^SDK-HMAC-SHA256 Access=([^,;\s]+), SignedHeaders=([a-z0-9_;-]+), Signature=([0-9a-f]{64})$/
const SDK_DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/
const ALWAYS_SIGNED = ['host', 'x-sdk-date']
/** Such a header could have been added on the way where it is sent but not signed. */
const SIGNED_IF_SENT = /^(x-sdk-.*|x-project-id|x-security-token|content-type)$/

/**
 * Checks SDK-HMAC-SHA256 as the API Request Signing Guide describes it. Written apart from the client's signer, so that neither
 * hides a mistake of the other.
 * @param options `securityToken`: the X-Security-Token that is required; empty: none
 * @returns why a request is not authentic, in the gateway's words; undefined where it is
 */
export function dcsSignatureError(
  request: ArrivedRequest,
  credentials: DcsCredentials,
  { nowMs, securityToken = '' }: { nowMs: number; securityToken?: string },
): string | undefined {
  const [, ak = '', signedList = '', signature = ''] = AUTHORIZATION.exec(request.headers.authorization ?? '') ?? []
  if (signature === '') return 'Authorization header is missing or malformed'
  const date = headerValue(request, 'x-sdk-date') ?? ''
  const signedAtMs = parseSdkDate(date)
  if (signedAtMs === undefined) return `calc aksk signature fail:invalid X-Sdk-Date ${date}`
  if (Math.abs(nowMs - signedAtMs) > VALID_FOR_MS) {
    return `calc aksk signature fail:signature expired, signature time:${date},server time:${formatSdkDate(nowMs)}`
  }
  if (!sameText(ak, credentials.ak)) return 'Get secretKey failed,err:ak not exist'
  const signedNames = signedList.split(';')
  const unsigned = unsignedNames(request, signedNames)
  if (unsigned.length > 0) return `verify aksk signature fail, headers not signed:${unsigned.join(';')}`
  const canonical = canonicalRequest(request, signedNames)
  const expected = createHmac('sha256', credentials.sk).update(stringToSign(date, canonical)).digest('hex')
  if (!sameText(signature, expected) || !isPayloadHashTrue(request)) {
    return `verify aksk signature fail, canonicalRequest:${canonical.replaceAll('\n', '|')}`
  }
  if (securityToken !== '' && !sameText(headerValue(request, 'x-security-token') ?? '', securityToken)) {
    return 'the security token is missing, wrong or expired'
  }
  return undefined
}

function unsignedNames(request: ArrivedRequest, signedNames: string[]): string[] {
  const sent = Object.keys(request.headers).filter((name) => SIGNED_IF_SENT.test(name))
  const absent = signedNames.filter((name) => headerValue(request, name) === undefined)
  return [...new Set([...ALWAYS_SIGNED, ...sent])].filter((name) => !signedNames.includes(name)).concat(absent)
}

function canonicalRequest(request: ArrivedRequest, signedNames: string[]): string {
  const [path = '', query = ''] = request.target.split(/\?(.*)/s)
  const names = [...signedNames].sort()
  const headers = names.map((name) => `${name}:${(headerValue(request, name) ?? '').trim()}\n`).join('')
  return [
    request.method,
    canonicalPath(path),
    canonicalQuery(query),
    headers,
    names.join(';'),
    payloadHash(request),
  ].join('\n')
}

/** The trailing slash is signed only; it is never on the wire. */
function canonicalPath(path: string): string {
  const encoded = path.split('/').map(decode).map(encode).join('/')
  return encoded.endsWith('/') ? encoded : `${encoded}/`
}

function canonicalQuery(query: string): string {
  return (
    query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => pair.split(/=(.*)/s))
      // A plus in a query is a blank: a client that means a plus must send %2B.
      .map(([key = '', value = '']) => [key, value].map((part) => decode(part.replaceAll('+', ' '))))
      // Sorted before encoding, as the Node and Python SDKs do: `0` comes before `:`, but `%3A` before `0`.
      .sort(([a = '', x = ''], [b = '', y = '']) => compare(a, b) || compare(x, y))
      .map((pair) => pair.map(encode).join('='))
      .join('&')
  )
}

function payloadHash(request: ArrivedRequest): string {
  return headerValue(request, 'x-sdk-content-sha256') ?? sha256Hex(request.body)
}

/** The hash header replaces the computed hash, so it must be true. SDKs leave only non-JSON payloads unsigned. */
function isPayloadHashTrue(request: ArrivedRequest): boolean {
  const declared = headerValue(request, 'x-sdk-content-sha256')
  const isJson = headerValue(request, 'content-type')?.startsWith('application/json') ?? false
  return declared === undefined || declared === sha256Hex(request.body) || (declared === 'UNSIGNED-PAYLOAD' && !isJson)
}

function stringToSign(date: string, canonical: string): string {
  return `SDK-HMAC-SHA256\n${date}\n${sha256Hex(canonical)}`
}

function parseSdkDate(date: string): number | undefined {
  const iso = date.replace(SDK_DATE, '$1-$2-$3T$4:$5:$6Z')
  const atMs = SDK_DATE.test(date) ? Date.parse(iso) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs
}

function formatSdkDate(atMs: number): string {
  return new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '')
}

/** RFC 3986: only A–Z a–z 0–9 - _ . ~ stay as they are. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** An invalid escape stays as it is: it fails the signature instead of crashing. */
function decode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
