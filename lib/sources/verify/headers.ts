import type { WebhookRequest } from '../source.ts'
import { SignatureError } from './signature-error.ts'

type Headers = WebhookRequest['headers']

/** Greatest difference of a signed time, both ways: the tolerance of the Standard Webhooks reference library. */
const TOLERANCE_SECONDS = 300

/** @param name in lower case. @throws {SignatureError} if the header is missing or empty */
export function required(headers: Headers, name: string): string {
  const value = headers[name]
  if (!value) throw new SignatureError(`header ${name} is missing`)
  return value
}

/** The Unix seconds in a header, as written, because they are signed in that form. @throws {SignatureError} */
export function signedSeconds(headers: Headers, name: string, atMs: number): string {
  const seconds = required(headers, name)
  if (!/^\d{1,12}$/.test(seconds)) throw new SignatureError(`header ${name} is not in Unix seconds`)
  if (Math.abs(atMs / 1000 - Number(seconds)) > TOLERANCE_SECONDS) {
    throw new SignatureError(`header ${name} is more than ${TOLERANCE_SECONDS} s off`)
  }
  return seconds
}

/** An id that is not signed: use it only to find the delivery again. */
export function unsignedId(headers: Headers, name: string): string | undefined {
  const id = headers[name]
  return id !== undefined && isId(id) ? id : undefined
}

/** Whether it is short and plain enough to be stored and shown: 1 to 256 visible ASCII characters. */
export function isId(text: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(text)
}
