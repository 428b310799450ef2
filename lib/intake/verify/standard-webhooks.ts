import type { Delivery } from '../source.ts'
import { fitsHmac, hmac } from './same.ts'
import { SignatureError } from './signature-error.ts'

/**
 * Standard Webhooks 1.0.0, symmetric signatures (`v1`).
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

/** How far the signed time may be off, both ways (the reference library's tolerance). */
const TOLERANCE_SECONDS = 300

/** 32 bytes. Node's decoder passes over what is no base64, and would take much else for a signature. */
const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/

/**
 * @param secrets `whsec_…`; each may have signed, so that one can be rotated; none at all refuses
 * @returns the delivery's id, the same for every retry
 * @throws {SignatureError} saying what is missing or wrong, never what would be right
 */
export function verifyStandardWebhook({ headers, body, atMs }: Delivery, secrets: string[]): string {
  const id = required(headers, 'webhook-id')
  const timestamp = required(headers, 'webhook-timestamp')
  const signatures = required(headers, 'webhook-signature')
  if (!/^[\w.-]{1,256}$/.test(id)) throw new SignatureError('header webhook-id is not an id')
  if (!/^\d{1,12}$/.test(timestamp)) throw new SignatureError('header webhook-timestamp is not in Unix seconds')
  if (Math.abs(atMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
    throw new SignatureError(`header webhook-timestamp is more than ${TOLERANCE_SECONDS} s off`)
  }
  const given = signatures
    .split(' ')
    .map((entry) => SIGNATURE.exec(entry)?.[1])
    .flatMap((mac) => (mac === undefined ? [] : [Buffer.from(mac, 'base64')]))
  if (!fitsHmac(given, secrets.map(keyOf), `${id}.${timestamp}.`, body)) {
    throw new SignatureError('header webhook-signature fits no secret of this source')
  }
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

function required(headers: Delivery['headers'], name: string): string {
  const value = headers[name]
  if (!value) throw new SignatureError(`header ${name} is missing`)
  return value
}
