import type { WebhookRequest } from '../source.ts'
import { required } from './headers.ts'
import { checkHmac, hmac } from './hmac.ts'
import { SignatureError } from './signature-error.ts'

/**
 * WebSub's `<method>=<hex>` over the raw body, as GitHub (`X-Hub-Signature-256`) and Jira Cloud (`X-Hub-Signature`) send it.
 * The sender chooses the method, and may come to choose another: only the one that we know proves anything.
 * It proves nothing about the time, nor about any other header.
 * Sources: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 * https://developer.atlassian.com/cloud/jira/platform/webhooks/
 */
const METHOD = 'sha256'

/**
 * @param header its lower-case name. One that was sent twice is joined by a comma, and fits nothing
 * @param secrets each may have signed, so that one can be replaced; none at all refuses
 * @throws {SignatureError}
 */
export function verifyHubSignature(
  { headers, body }: Pick<WebhookRequest, 'headers' | 'body'>,
  header: string,
  secrets: string[],
): void {
  const [, method, code = ''] = /^([a-z0-9-]{1,16})=([0-9a-f]{1,128})$/i.exec(required(headers, header)) ?? []
  if (method === undefined) throw new SignatureError(`header ${header} is not <method>=<hex>`)
  if (method !== METHOD) throw new SignatureError(`header ${header} uses ${method}; only ${METHOD} is taken`)
  // Half a byte too many would be dropped without a word.
  const given = code.length % 2 === 0 ? [Buffer.from(code, 'hex')] : []
  checkHmac(header, given, secrets, body)
}

/** What stands in the header of a body that is sent. */
export function hubSignature(secret: string, body: string): string {
  return `${METHOD}=${hmac(secret, body).toString('hex')}`
}
