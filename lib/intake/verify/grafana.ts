import type { Delivery } from '../source.ts'
import { fitsHmac, hmac } from './same.ts'
import { SignatureError } from './signature-error.ts'
import { verifyToken } from './token.ts'

/**
 * Grafana's webhooks: HMAC-SHA256 in hex over the body, or over `<Unix seconds>:<body>` where a timestamp header is configured.
 * Source: https://github.com/grafana/alerting/blob/main/http/hmac.go
 */

/** The code's; its comment, and some pages, have another. */
const DEFAULT_HEADER = 'x-grafana-alerting-signature'

/** How far the signed time may be off, both ways. Grafana says nothing of it; this is what Standard Webhooks has. */
const TOLERANCE_SECONDS = 300

export interface GrafanaScheme {
  secrets: string[]
  /** Lower case. */
  signatureHeader: string | undefined
  /** Lower case. */
  timestampHeader: string | undefined
}

/**
 * What is configured is required. Where neither header is, a secret may be shown (Bearer, Basic) or have signed; but a signature
 * that is there must fit, whatever else is shown.
 * @throws {SignatureError} saying what is missing or wrong, never what would be right
 */
export function verifyGrafana(delivery: Delivery, { secrets, ...scheme }: GrafanaScheme): void {
  const { headers, body, atMs } = delivery
  const signatureHeader = scheme.signatureHeader ?? DEFAULT_HEADER
  const signature = headers[signatureHeader]
  const isRequired = scheme.signatureHeader !== undefined || scheme.timestampHeader !== undefined
  if (signature === undefined && !isRequired) {
    verifyToken(delivery, secrets)
    return
  }
  if (!signature) throw new SignatureError(`header ${signatureHeader} is missing`)
  const signedTime = scheme.timestampHeader === undefined ? '' : `${timestamp(headers, scheme.timestampHeader, atMs)}:`
  const given = /^[0-9a-f]{64}$/i.test(signature) ? [Buffer.from(signature, 'hex')] : []
  if (!fitsHmac(given, secrets, signedTime, body)) {
    throw new SignatureError(`header ${signatureHeader} fits no secret of this source`)
  }
}

/** The headers of a body that is sent. */
export function signGrafana(
  body: string,
  { secrets: [secret = ''], signatureHeader = DEFAULT_HEADER, timestampHeader }: GrafanaScheme,
  atMs: number,
): Record<string, string> {
  const seconds = String(Math.floor(atMs / 1000))
  const signed = timestampHeader === undefined ? body : `${seconds}:${body}`
  const signature = { [signatureHeader]: hmac(secret, signed).toString('hex') }
  return timestampHeader === undefined ? signature : { ...signature, [timestampHeader]: seconds }
}

function timestamp(headers: Delivery['headers'], name: string, atMs: number): string {
  const seconds = headers[name]
  if (!seconds) throw new SignatureError(`header ${name} is missing`)
  if (!/^\d{1,12}$/.test(seconds)) throw new SignatureError(`header ${name} is not in Unix seconds`)
  if (Math.abs(atMs / 1000 - Number(seconds)) > TOLERANCE_SECONDS) {
    throw new SignatureError(`header ${name} is more than ${TOLERANCE_SECONDS} s off`)
  }
  return seconds
}
