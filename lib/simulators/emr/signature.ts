import { createHmac } from 'node:crypto'
import { sameText, sha256Hex } from '../server/digest.ts'
import { type ArrivedRequest, headerValue } from '../server/request.ts'
import { type EmrError, emrError } from './answers.ts'

export interface EmrCredentials {
  secretId: string
  secretKey: string
}

interface Authorization {
  secretId: string
  date: string
  service: string
  signedNames: string[]
  signature: string
}

/** Documented: five minutes. */
const VALID_FOR_SECONDS = 300
const AUTHORIZATION =
  /^TC3-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{4}-\d\d-\d\d)\/([^/,\s]+)\/tc3_request, SignedHeaders=([a-z0-9-]+(?:;[a-z0-9-]+)*), Signature=([0-9a-f]{64})$/
const ALWAYS_SIGNED = ['content-type', 'host']

/**
 * Checks TC3-HMAC-SHA256 (cloud.tencent.com/document/api/589/33980). Written apart from the client's signer, so that neither
 * hides a mistake of the other.
 * @param options `token`: the required X-TC-Token; empty: it must not be sent
 * @returns why a request is not authentic; undefined where it is
 */
export function emrSignatureError(
  request: ArrivedRequest,
  credentials: EmrCredentials,
  { nowMs, token = '' }: { nowMs: number; token?: string },
): EmrError | undefined {
  const authorization = readAuthorization(headerValue(request, 'authorization') ?? '')
  if (!authorization)
    return emrError('AuthFailure.InvalidAuthorization', 'Expected TC3-HMAC-SHA256 and its three parts.')
  const timestamp = headerValue(request, 'x-tc-timestamp') ?? ''
  if (!/^\d{1,12}$/.test(timestamp)) return emrError('InvalidParameter', '`Timestamp` must be in whole seconds.')
  if (!sameText(authorization.secretId, credentials.secretId)) return emrError('AuthFailure.SecretIdNotFound')
  const nowSeconds = Math.floor(nowMs / 1000)
  if (Math.abs(nowSeconds - Number(timestamp)) > VALID_FOR_SECONDS) {
    return emrError('AuthFailure.SignatureExpire', `Signed at ${timestamp}, server time ${nowSeconds}, limit 300 s.`)
  }
  const mismatch = mismatchOf({ request, timestamp, secretKey: credentials.secretKey, ...authorization })
  if (mismatch !== undefined) return emrError('AuthFailure.SignatureFailure', mismatch)
  const sent = headerValue(request, 'x-tc-token')
  const isTokenRight = token === '' ? sent === undefined : sameText(sent ?? '', token)
  return isTokenRight ? undefined : emrError('AuthFailure.TokenFailure')
}

function readAuthorization(header: string): Authorization | undefined {
  const [, secretId = '', date = '', service = '', names = '', signature = ''] = AUTHORIZATION.exec(header) ?? []
  return signature === '' ? undefined : { secretId, date, service, signedNames: names.split(';'), signature }
}

interface Signed extends Authorization {
  request: ArrivedRequest
  timestamp: string
  secretKey: string
}

/** Names the first wrong part of the signature, as far as it can be known. */
function mismatchOf(signed: Signed): string | undefined {
  const { request, timestamp, date, service, signedNames, signature } = signed
  const utcDate = new Date(Number(timestamp) * 1000).toISOString().slice(0, 10)
  if (date !== utcDate) return `The credential scope says ${date}, the UTC date of the timestamp is ${utcDate}.`
  const hosts = hostsOf(request)
  const services = ['emr', ...hosts.map((host) => host.split('.')[0] ?? '')]
  if (!services.includes(service)) return `The credential scope is for the service ${service}.`
  const unsigned = ALWAYS_SIGNED.filter((name) => !signedNames.includes(name))
  if (unsigned.length > 0) return `Not among the signed headers: ${unsigned.join(';')}.`
  const absent = signedNames.filter((name) => headerValue(request, name) === undefined)
  if (absent.length > 0) return `Signed, but not sent: ${absent.join(';')}.`
  const candidates = hosts.map((host) => canonicalRequest(request, headersFor(signed, host)))
  const texts = candidates.map((canonical) => stringToSign(signed, canonical))
  if (texts.some((text) => sameText(signature, signatureOf(signed, text)))) return undefined
  // The token is hidden, should it be signed.
  const shown = headersFor(signed, hosts[0] ?? '').map(
    ([name, value]): Header => [name, name === 'x-tc-token' ? '***' : value],
  )
  const canonical = canonicalRequest(request, shown)
  return `Server's CanonicalRequest:${oneLine(canonical)} StringToSign:${oneLine(texts[0] ?? '')}`
}

/** As sent, and without the port: the official Node SDK signs `url.hostname` and sends `url.host`. */
function hostsOf(request: ArrivedRequest): string[] {
  const host = (headerValue(request, 'host') ?? '').trim().toLowerCase()
  return [...new Set([host, host.replace(/:\d+$/, '')])]
}

type Header = readonly [name: string, value: string]

function headersFor({ request, signedNames }: Signed, host: string): Header[] {
  const valueSigned = (name: string): string => (headerValue(request, name) ?? '').trim().toLowerCase()
  return signedNames.toSorted().map((name) => [name, name === 'host' ? host : valueSigned(name)])
}

function canonicalRequest({ method, target, body }: ArrivedRequest, headers: Header[]): string {
  const lines = headers.map(([name, value]) => `${name}:${value}\n`).join('')
  const names = headers.map(([name]) => name).join(';')
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  return [method, path, query, lines, names, sha256Hex(body)].join('\n')
}

function stringToSign({ timestamp, date, service }: Signed, canonical: string): string {
  return ['TC3-HMAC-SHA256', timestamp, `${date}/${service}/tc3_request`, sha256Hex(canonical)].join('\n')
}

function signatureOf({ secretKey, date, service }: Signed, text: string): string {
  const key = [date, service, 'tc3_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`TC3${secretKey}`),
  )
  return createHmac('sha256', key).update(text).digest('hex')
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '|')
}
