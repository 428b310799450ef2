import type { WebhookRequest } from '../source.ts'
import { secretsEqual } from './hmac.ts'
import { SignatureError } from './signature-error.ts'

/**
 * Verifies a sender that cannot sign and shows a secret: `Authorization: Bearer <secret>`, or `Authorization: Basic …` for a
 * secret `user:password`. This proves neither the body nor the time.
 * @param also another header (lower case) or query parameter in which the source may show the secret
 * @throws {SignatureError}
 */
export function verifyToken(
  { headers, query }: Pick<WebhookRequest, 'headers' | 'query'>,
  secrets: string[],
  also: { header?: string; query?: string } = {},
): void {
  const shown = [
    ...credentialsOf(headers.authorization ?? ''),
    also.header === undefined ? undefined : headers[also.header],
    also.query === undefined ? undefined : query[also.query],
  ].filter((text) => text !== undefined && text !== '')
  if (shown.length === 0) throw new SignatureError(`${namesOf(also)} is missing`)
  // Every pair is compared, so that the time reveals nothing. Empty values are filtered above: an empty secret matches nothing.
  const matches = secrets.flatMap((secret) => shown.filter((text) => secretsEqual(text ?? '', secret)))
  if (matches.length === 0) throw new SignatureError(`${namesOf(also)} matches no secret of this source`)
}

function namesOf({ header, query }: { header?: string; query?: string }): string {
  const names = ['header authorization', header && `header ${header}`, query && `parameter ${query}`]
  return names.filter(Boolean).join(' or ')
}

/** The secret in the header, in the form in which it is configured. */
function credentialsOf(header: string): string[] {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(header) ?? []
  if (/^bearer$/i.test(scheme)) return [credentials]
  if (/^basic$/i.test(scheme)) return [Buffer.from(credentials, 'base64').toString('utf8')]
  return []
}

/** The `Authorization` header's value that shows a secret. */
export function tokenHeader(secret: string): string {
  return secret.includes(':') ? `Basic ${Buffer.from(secret).toString('base64')}` : `Bearer ${secret}`
}
