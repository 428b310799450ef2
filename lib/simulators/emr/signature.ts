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
 * Says why a request is not authentic, or nothing if it is. TC3-HMAC-SHA256
 * (cloud.tencent.com/document/api/589/33980); written apart from the client's signer, so that neither can hide a mistake
 * of the other. `token` is what X-TC-Token must be; empty: it must not be sent.
 */
export function emrSignatureError(
  request: ArrivedRequest,
  credentials: EmrCredentials,
  nowMs: number,
  token = '',
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
  const flaw = flawOf(request, authorization, timestamp, credentials.secretKey)
  if (flaw !== undefined) return emrError('AuthFailure.SignatureFailure', flaw)
  const sent = headerValue(request, 'x-tc-token')
  const isTokenRight = token === '' ? sent === undefined : sameText(sent ?? '', token)
  return isTokenRight ? undefined : emrError('AuthFailure.TokenFailure')
}

function readAuthorization(header: string): Authorization | undefined {
  const [, secretId = '', date = '', service = '', names = '', signature = ''] = AUTHORIZATION.exec(header) ?? []
  return signature === '' ? undefined : { secretId, date, service, signedNames: names.split(';'), signature }
}

/** Names the first part of the signature that is wrong, as far as it can be known. */
function flawOf(
  request: ArrivedRequest,
  { date, service, signedNames, signature }: Authorization,
  timestamp: string,
  secretKey: string,
): string | undefined {
  const utcDate = new Date(Number(timestamp) * 1000).toISOString().slice(0, 10)
  if (date !== utcDate) return `The credential scope says ${date}, the UTC date of the timestamp is ${utcDate}.`
  const services = ['emr', ...hostsOf(request).map((host) => host.split('.')[0] ?? '')]
  if (!services.includes(service)) return `The credential scope is for the service ${service}.`
  const unsigned = ALWAYS_SIGNED.filter((name) => !signedNames.includes(name))
  if (unsigned.length > 0) return `Not among the signed headers: ${unsigned.join(';')}.`
  const absent = signedNames.filter((name) => headerValue(request, name) === undefined)
  if (absent.length > 0) return `Signed, but not sent: ${absent.join(';')}.`
  const scope = `${date}/${service}/tc3_request`
  const candidates = hostsOf(request).map((host) => canonicalRequest(request, signedNames, host))
  const isRight = candidates.some((canonical) =>
    sameText(signature, signatureOf(secretKey, date, service, stringToSign(timestamp, scope, canonical))),
  )
  if (isRight) return undefined
  const shown = canonicalRequest(request, signedNames, hostsOf(request)[0] ?? '', true)
  const text = stringToSign(timestamp, scope, candidates[0] ?? '')
  return `Server's CanonicalRequest:${oneLine(shown)} StringToSign:${oneLine(text)}`
}

/** As sent, and without the port: the official Node SDK signs `url.hostname` and sends `url.host`. */
function hostsOf(request: ArrivedRequest): string[] {
  const host = (headerValue(request, 'host') ?? '').trim().toLowerCase()
  return [...new Set([host, host.replace(/:\d+$/, '')])]
}

/** `isShown` hides the token, should it be signed. */
function canonicalRequest(request: ArrivedRequest, signedNames: string[], host: string, isShown = false): string {
  const names = [...signedNames].sort()
  const canonicalValue = (name: string): string => {
    if (name === 'host') return host
    return isShown && name === 'x-tc-token' ? '***' : (headerValue(request, name) ?? '').trim().toLowerCase()
  }
  const headers = names.map((name) => `${name}:${canonicalValue(name)}\n`).join('')
  const [path = '', query = ''] = request.target.split(/\?(.*)/s)
  return [request.method, path, query, headers, names.join(';'), sha256Hex(request.body)].join('\n')
}

function stringToSign(timestamp: string, scope: string, canonical: string): string {
  return ['TC3-HMAC-SHA256', timestamp, scope, sha256Hex(canonical)].join('\n')
}

function signatureOf(secretKey: string, date: string, service: string, text: string): string {
  const key = [date, service, 'tc3_request'].reduce<Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    Buffer.from(`TC3${secretKey}`),
  )
  return createHmac('sha256', key).update(text).digest('hex')
}

function oneLine(text: string): string {
  return text.replaceAll('\n', '|')
}
