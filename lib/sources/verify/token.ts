import type { WebhookRequest } from '../source.ts'
import { secretsEqual } from './hmac.ts'
import { SignatureError } from './signature-error.ts'

/**
 * Senders that cannot sign show a secret instead: `Authorization: Bearer <secret>`, or, of a secret `user:password`,
 * `Authorization: Basic …`. It proves nothing about the body, nor about the time.
 * @param places where else the source may show it: a header, or a field of the query
 * @throws {SignatureError}
 */
export function verifyToken(
  { headers, query }: Pick<WebhookRequest, 'headers' | 'query'>,
  secrets: string[],
  places: { header?: string; query?: string } = {},
): void {
  const shown = [
    ...credentialsOf(headers.authorization ?? ''),
    places.header === undefined ? undefined : headers[places.header],
    places.query === undefined ? undefined : query[places.query],
  ].filter((text) => text !== undefined && text !== '')
  if (shown.length === 0) throw new SignatureError(`${namesOf(places)} is missing`)
  // Every pair is compared, so that the time taken tells nothing. What is shown is not empty: an empty secret fits nothing.
  const fits = secrets.flatMap((secret) => shown.filter((text) => secretsEqual(text ?? '', secret)))
  if (fits.length === 0) throw new SignatureError(`${namesOf(places)} fits no secret of this source`)
}

function namesOf({ header, query }: { header?: string; query?: string }): string {
  const names = ['header authorization', header && `header ${header}`, query && `parameter ${query}`]
  return names.filter(Boolean).join(' or ')
}

/** The secret that the header shows, in the form in which it is configured. */
function credentialsOf(header: string): string[] {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(header) ?? []
  if (/^bearer$/i.test(scheme)) return [credentials]
  if (/^basic$/i.test(scheme)) return [Buffer.from(credentials, 'base64').toString('utf8')]
  return []
}

/** The header under which a secret is shown. */
export function tokenHeader(secret: string): string {
  return secret.includes(':') ? `Basic ${Buffer.from(secret).toString('base64')}` : `Bearer ${secret}`
}
