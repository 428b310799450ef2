import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'
import { memo } from '../memo.ts'

/**
 * TC3-HMAC-SHA256, the signature of Tencent Cloud API 3.0, for POST with a JSON body. Pure: request, credentials and time
 * in, headers out. Each stage is exported so that a vector can point at the stage that breaks.
 *
 * Source: https://cloud.tencent.com/document/api/213/30654
 */
const ALGORITHM = 'TC3-HMAC-SHA256'

/** The part that all requests for an action, of an account to a host, share. */
export interface Frame {
  /** `host` or `host:port`, as it goes on the wire. */
  host: string
  /** The product, e.g. `emr`: the first label of its documented host. */
  service: string
  /** Headers to send and sign besides `host`; `content-type` must be among them. */
  headers: Record<string, string>
}

export interface SignableRequest extends Frame {
  /** The exact bytes of the body, as text. */
  body: string
}

export interface SecretKeyPair {
  secretId: string
  secretKey: string
}

/** Names and values in lower case and trimmed, in code-point order of the names. */
export function canonicalHeaders(headers: Record<string, string>): [string, string][] {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.trim().toLowerCase(), value.trim().toLowerCase()])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

export function signedHeaders(headers: [string, string][]): string {
  return headers.map(([name]) => name).join(';')
}

/** Method, path, query (none in a POST), headers, their names, and the hash of the body. */
export function canonicalRequest(headers: [string, string][], body: string): string {
  return `${canonicalHead(headers)}${hash('sha256', body)}`
}

function canonicalHead(headers: [string, string][]): string {
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('')
  return `POST\n/\n\n${lines}\n${signedHeaders(headers)}\n`
}

/** `YYYY-MM-DD`, UTC, of an instant in whole seconds. */
export function dateOf(seconds: number): string {
  return dateOfDay(String(Math.floor(seconds / 86_400)))
}

const dateOfDay = memo(4, (day) => new Date(Number(day) * 86_400_000).toISOString().slice(0, 10))

/** Algorithm, time, scope and the hash of the canonical request. */
export function stringToSign(seconds: number, service: string, canonical: string): string {
  return `${ALGORITHM}\n${seconds}\n${dateOf(seconds)}/${service}/tc3_request\n${hash('sha256', canonical)}`
}

/** The key of a day and a product: the secret, hashed with the date, then the product, then `tc3_request`. */
export function derivedKey(secretKey: string, date: string, service: string): KeyObject {
  return derived(`${date}/${service}/${secretKey}`)
}

/** Deriving costs ten times as much as signing. The bound allows for a few accounts at midnight. */
const derived = memo(32, (id) => {
  const [date = '', service = '', ...secret] = id.split('/')
  const chain = [date, service, 'tc3_request']
  return chain.reduce(derive, createSecretKey(`TC3${secret.join('/')}`, 'utf8'))
})

/** One step of the derivation: hashes a text with this key to the next one. */
export function derive(key: KeyObject, text: string): KeyObject {
  return createSecretKey(createHmac('sha256', key).update(text).digest())
}

/** Lower-case hex. */
export function signature(key: KeyObject, toSign: string): string {
  return createHmac('sha256', key).update(toSign).digest('hex')
}

/**
 * Signs requests that differ only in their body: the rest of the canonical request is made once.
 * @returns all headers of the signed request except `host`, which the connection adds
 */
export function signer(frame: Frame, key: SecretKeyPair): (body: string, nowMs: number) => Record<string, string> {
  const { host, service, headers } = frame
  const canonical = canonicalHeaders({ ...headers, host })
  const head = canonicalHead(canonical)
  const names = signedHeaders(canonical)
  return (body, nowMs) => {
    const seconds = Math.floor(nowMs / 1000)
    const date = dateOf(seconds)
    const toSign = stringToSign(seconds, service, `${head}${hash('sha256', body)}`)
    const signed = signature(derivedKey(key.secretKey, date, service), toSign)
    const credential = `${key.secretId}/${date}/${service}/tc3_request`
    return {
      ...headers,
      'x-tc-timestamp': String(seconds),
      authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signed}`,
    }
  }
}

/** Signs one request. */
export function sign(request: SignableRequest, key: SecretKeyPair, nowMs: number): Record<string, string> {
  return signer(request, key)(request.body, nowMs)
}
