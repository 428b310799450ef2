import type { WebhookRequest } from '../../source.ts'
import { required, signedSeconds } from '../../verify/headers.ts'
import { checkHmac, hmac } from '../../verify/hmac.ts'
import { verifyToken } from '../../verify/token.ts'

/**
 * Grafana's webhooks: HMAC-SHA256 in hex of the body, or of `<Unix seconds>:<body>` if a timestamp header is configured.
 * Source: https://github.com/grafana/alerting/blob/main/http/hmac.go
 */

/** As in Grafana's code; its comment and some pages name another. */
const DEFAULT_HEADER = 'x-grafana-alerting-signature'

export interface GrafanaScheme {
  /** Secrets with which contact points sign. */
  secrets: string[]
  /** Tokens that they show instead. */
  tokens: string[]
  /** Lower case. */
  signatureHeader: string | undefined
  /** Lower case. */
  timestampHeader: string | undefined
}

/**
 * Accepts a token (Bearer, Basic) in place of a signature if tokens are configured. A signature that is present must match,
 * whatever else is shown.
 * @throws {SignatureError} that says what is missing or wrong, never what would be right
 */
export function verifyGrafana(request: WebhookRequest, { secrets, tokens, ...scheme }: GrafanaScheme): void {
  const { headers, body, atMs } = request
  const signatureHeader = scheme.signatureHeader ?? DEFAULT_HEADER
  if (headers[signatureHeader] === undefined && tokens.length > 0) {
    verifyToken(request, tokens)
    return
  }
  const signature = required(headers, signatureHeader)
  const { timestampHeader } = scheme
  const signedTime = timestampHeader === undefined ? '' : `${signedSeconds(headers, timestampHeader, atMs)}:`
  const given = /^[0-9a-f]{64}$/i.test(signature) ? [Buffer.from(signature, 'hex')] : []
  checkHmac({ header: signatureHeader, given, keys: secrets }, signedTime, body)
}

/** The headers to send with a body. */
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
