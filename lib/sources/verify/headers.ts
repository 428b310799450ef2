import type { WebhookRequest } from '../source.ts'
import { SignatureError } from './signature-error.ts'

type Headers = WebhookRequest['headers']

/** How far a signed time may be off, both ways: the tolerance of the reference library of Standard Webhooks. */
const TOLERANCE_SECONDS = 300

/** @param name in lower case. @throws {SignatureError} where it is missing, or empty */
export function required(headers: Headers, name: string): string {
  const value = headers[name]
  if (!value) throw new SignatureError(`header ${name} is missing`)
  return value
}

/** The Unix seconds that a header shows, as they are written: they are signed. @throws {SignatureError} */
export function signedSeconds(headers: Headers, name: string, atMs: number): string {
  const seconds = required(headers, name)
  if (!/^\d{1,12}$/.test(seconds)) throw new SignatureError(`header ${name} is not in Unix seconds`)
  if (Math.abs(atMs / 1000 - Number(seconds)) > TOLERANCE_SECONDS) {
    throw new SignatureError(`header ${name} is more than ${TOLERANCE_SECONDS} s off`)
  }
  return seconds
}

/** An id that is not signed: to find the delivery again, no more. */
export function unsignedId(headers: Headers, name: string): string | undefined {
  const id = headers[name]
  return id !== undefined && isId(id) ? id : undefined
}

/** Whether it is short and plain: it is stored, and shown. */
export function isId(text: string): boolean {
  return /^[\w.-]{1,256}$/.test(text)
}
