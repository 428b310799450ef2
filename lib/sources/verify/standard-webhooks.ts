import type { WebhookRequest } from '../source.ts'
import { isId, required, signedSeconds } from './headers.ts'
import { checkHmac, hmac } from './hmac.ts'
import { SignatureError } from './signature-error.ts'

/**
 * Standard Webhooks 1.0.0, symmetric signatures (`v1`).
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

/** 32 bytes. Node's decoder passes over what is no base64, and would take much else for a signature. */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/

/** Whether it signs: at least 24 random bytes, says the specification. */
export function isSigningSecret(secret: string): boolean {
  return /^(whsec_)?[A-Za-z0-9+/]{32,}={0,2}$/.test(secret)
}

/**
 * @param secrets `whsec_…`; each may have signed, so that one can be rotated; none at all refuses
 * @returns the delivery's id, the same for every retry
 * @throws {SignatureError} saying what is missing or wrong, never what would be right
 */
export function verifyStandardWebhook({ headers, body, atMs }: WebhookRequest, secrets: string[]): string {
  const id = required(headers, 'webhook-id')
  if (!isId(id)) throw new SignatureError('header webhook-id is not an id')
  const timestamp = signedSeconds(headers, 'webhook-timestamp', atMs)
  const given = required(headers, 'webhook-signature')
    .split(' ')
    .map((entry) => SIGNATURE.exec(entry)?.[1])
    .flatMap((mac) => (mac === undefined ? [] : [Buffer.from(mac, 'base64')]))
  checkHmac('webhook-signature', given, secrets.map(keyOf), `${id}.${timestamp}.`, body)
  return id
}

/** The headers of a body that is sent. */
export function signStandardWebhook(
  secret: string,
  body: string,
  { id, atMs }: { id: string; atMs: number },
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(atMs / 1000))
  const mac = hmac(keyOf(secret), `${id}.${timestamp}.`, body).toString('base64')
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` }
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
}
