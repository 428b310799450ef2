import type { WebhookRequest } from '../source.ts'
import { required } from './headers.ts'
import { checkHmac, hmac } from './hmac.ts'
import { SignatureError } from './signature-error.ts'

/**
 * WebSub's `<method>=<hex>` over the raw body, as GitHub (`X-Hub-Signature-256`) and Jira Cloud (`X-Hub-Signature`) send it.
 * The sender chooses the method; only SHA-256 is accepted. The signature covers neither the time nor any other header.
 * Sources: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 * https://developer.atlassian.com/cloud/jira/platform/webhooks/
 */
const METHOD = 'sha256'

/**
 * @param header in lower case; a repeated header is joined by a comma and never matches
 * @param secrets any of them may have signed; an empty list rejects everything
 * @throws {SignatureError}
 */
export function verifyHubSignature(
  { headers, body }: Pick<WebhookRequest, 'headers' | 'body'>,
  header: string,
  secrets: string[],
): void {
  const [, method, code = ''] = /^([a-z0-9-]{1,16})=([0-9a-f]{1,128})$/i.exec(required(headers, header)) ?? []
  if (method === undefined) throw new SignatureError(`header ${header} is not <method>=<hex>`)
  if (method !== METHOD) throw new SignatureError(`header ${header} uses ${method}; only ${METHOD} is accepted`)
  // `Buffer.from` silently drops half a byte at the end.
  const given = code.length % 2 === 0 ? [Buffer.from(code, 'hex')] : []
  checkHmac({ header, given, keys: secrets }, body)
}

/** The header's value to send with a body. */
export function hubSignature(secret: string, body: string): string {
  return `${METHOD}=${hmac(secret, body).toString('hex')}`
}
