import type { WebhookRequest } from '../../source.ts'
import { required, signedSeconds } from '../../verify/headers.ts'
import { checkHmac, hmac } from '../../verify/hmac.ts'
import { verifyToken } from '../../verify/token.ts'

/**
 * Grafana's webhooks: HMAC-SHA256 in hex over the body, or over `<Unix seconds>:<body>` where a timestamp header is configured.
 * Source: https://github.com/grafana/alerting/blob/main/http/hmac.go
 */

/** The code's; its comment, and some pages, have another. */
const DEFAULT_HEADER = 'x-grafana-alerting-signature'

export interface GrafanaScheme {
  /** With which contact points sign. */
  secrets: string[]
  /** What they show instead. */
  tokens: string[]
  /** Lower case. */
  signatureHeader: string | undefined
  /** Lower case. */
  timestampHeader: string | undefined
}

/**
 * A token may be shown (Bearer, Basic) where there is one, instead of a signature; but a signature that is there must fit, whatever
 * else is shown.
 * @throws {SignatureError} saying what is missing or wrong, never what would be right
 */
export function verifyGrafana(delivery: WebhookRequest, { secrets, tokens, ...scheme }: GrafanaScheme): void {
  const { headers, body, atMs } = delivery
  const signatureHeader = scheme.signatureHeader ?? DEFAULT_HEADER
  if (headers[signatureHeader] === undefined && tokens.length > 0) {
    verifyToken(delivery, tokens)
    return
  }
  const signature = required(headers, signatureHeader)
  const { timestampHeader } = scheme
  const signedTime = timestampHeader === undefined ? '' : `${signedSeconds(headers, timestampHeader, atMs)}:`
  const given = /^[0-9a-f]{64}$/i.test(signature) ? [Buffer.from(signature, 'hex')] : []
  checkHmac(signatureHeader, given, secrets, signedTime, body)
}

/** The headers of a body that is sent. */
export function signGrafana(
  body: string,
  {
    secrets: [secret = ''],
    signatureHeader = DEFAULT_HEADER,
    timestampHeader,
  }: Pick<GrafanaScheme, 'secrets' | 'signatureHeader' | 'timestampHeader'>,
  atMs: number,
): Record<string, string> {
  const seconds = String(Math.floor(atMs / 1000))
  const signed = timestampHeader === undefined ? body : `${seconds}:${body}`
  const signature = { [signatureHeader]: hmac(secret, signed).toString('hex') }
  return timestampHeader === undefined ? signature : { ...signature, [timestampHeader]: seconds }
}
