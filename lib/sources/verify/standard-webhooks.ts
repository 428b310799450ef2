import type { WebhookRequest } from '../source.ts'
import { isId, required, signedSeconds } from './headers.ts'
import { checkHmac, hmac } from './hmac.ts'
import { DeliveryIdError } from './signature-error.ts'

/**
 * Standard Webhooks 1.0.0, symmetric signatures (`v1`).
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

/**
 * The signature covers `<id>.<time>.<body>` as one text. An id with a time inside could take the beginning of a captured body
 * into itself, and so sign the rest of that body under an id of its own.
 */
const HOLDS_A_TIME = /\.\d{9,12}\./

/** 32 bytes. The pattern is strict because Node's decoder skips characters that are not base64. */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/

/** Whether it is a signing secret: the specification requires at least 24 random bytes. */
export function isSigningSecret(secret: string): boolean {
  return /^(whsec_)?[A-Za-z0-9+/]{32,}={0,2}$/.test(secret)
}

/**
 * @param secrets `whsec_…`; any of them may have signed; an empty list rejects everything
 * @returns the delivery's id, equal for every retry
 * @throws {SignatureError} that says what is missing or wrong, never what would be right
 * @throws {DeliveryIdError} where the id is not usable, whoever sent it
 */
export function verifyStandardWebhook({ headers, body, atMs }: WebhookRequest, secrets: string[]): string {
  const id = required(headers, 'webhook-id')
  if (!isId(id)) throw new DeliveryIdError('webhook-id', '1–256 visible ASCII characters')
  if (HOLDS_A_TIME.test(id)) {
    throw new DeliveryIdError('webhook-id', 'must have no time between full stops, such as .1700000000.')
  }
  const timestamp = signedSeconds(headers, 'webhook-timestamp', atMs)
  const given = required(headers, 'webhook-signature')
    .split(' ')
    .map((entry) => SIGNATURE.exec(entry)?.[1])
    .flatMap((mac) => (mac === undefined ? [] : [Buffer.from(mac, 'base64')]))
  checkHmac({ header: 'webhook-signature', given, keys: secrets.map(keyOf) }, `${id}.${timestamp}.`, body)
  return id
}

/** The headers to send with a body. */
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
