import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Standard Webhooks 1.0.0, symmetric signatures (`v1`).
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

/** How far the signed time may be off, both ways (the reference library's tolerance). */
const TOLERANCE_SECONDS = 300

/** The webhook is not proven to come from who may send it. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError'
}

/**
 * Verifies the raw bytes as they arrived, before anything reads them.
 * @param headers lower-case names
 * @param secrets `whsec_…`; each may have signed, so that one can be rotated; none at all refuses
 * @returns the delivery's id, the same for every retry
 * @throws {SignatureError} saying what is missing or wrong, never what would be right
 */
export function verifyStandardWebhook(
  headers: Record<string, string | undefined>,
  body: Uint8Array,
  secrets: string[],
  nowMs: number,
): string {
  const id = required(headers, 'webhook-id')
  const timestamp = required(headers, 'webhook-timestamp')
  const signatures = required(headers, 'webhook-signature')
  if (!/^[\w.-]{1,256}$/.test(id)) throw new SignatureError('header webhook-id is not an id')
  if (!/^\d{1,12}$/.test(timestamp)) throw new SignatureError('header webhook-timestamp is not in Unix seconds')
  if (Math.abs(nowMs / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) {
    throw new SignatureError(`header webhook-timestamp is more than ${TOLERANCE_SECONDS} s off`)
  }
  const keys = secrets.map(keyOf).filter((key) => key.byteLength > 0)
  const expected = keys.map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest())
  const given = signatures
    .split(' ')
    .flatMap((entry) => (entry.startsWith('v1,') ? [Buffer.from(entry.slice(3), 'base64')] : []))
  // Every pair is compared, so that the time taken tells nothing.
  const matches = expected.flatMap((want) =>
    given.filter((got) => got.byteLength === want.byteLength && timingSafeEqual(got, want)),
  )
  if (matches.length === 0) throw new SignatureError('header webhook-signature fits no secret of this source')
  return id
}

/** The signature header for a body. For tools that send webhooks to us. */
export function signStandardWebhook(secret: string, id: string, timestampSeconds: number, body: string): string {
  const mac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestampSeconds}.${body}`).digest('base64')
  return `v1,${mac}`
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
}

function required(headers: Record<string, string | undefined>, name: string): string {
  const value = headers[name]
  if (!value) throw new SignatureError(`header ${name} is missing`)
  return value
}
