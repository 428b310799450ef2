import { createPrivateKey, sign, verify } from 'node:crypto'
import type { SigningCertificate } from './certificate.ts'
import type { Envelope } from './envelope.ts'

/**
 * SMN's signature: RSA, PKCS #1 v1.5, over the fields in order of name, each as `name LF value LF`, in UTF-8.
 * Source: https://support.huaweicloud.com/intl/en-us/usermanual-smn/smn_ug_a9003.html
 */

/** The signed fields, in order. Topic and type come last, so that no text of a publisher can pass for them. */
export function signedFields(envelope: Envelope): [name: string, value: string][] {
  const { message, message_id, timestamp, topic_urn, type } = envelope
  const own: [string, string][] =
    envelope.type === 'Notification'
      ? [['subject', envelope.subject ?? '']]
      : [['subscribe_url', envelope.subscribe_url]]
  return [
    ['message', message],
    ['message_id', message_id],
    ...own,
    ['timestamp', timestamp],
    ['topic_urn', topic_urn],
    ['type', type],
  ]
}

export function signedText(fields: [name: string, value: string][]): string {
  return fields.map(([name, value]) => `${name}\n${value}\n`).join('')
}

export function isSignedBy(envelope: Envelope, { key, digest }: SigningCertificate): boolean {
  const signature = Buffer.from(envelope.signature, 'base64')
  return candidates(envelope).some((text) => verify(digest, Buffer.from(text), key, signature))
}

/** Signs as SMN would, with SHA-256. @param keyPem PEM of an RSA key */
export function signatureOf(envelope: Envelope, keyPem: string): string {
  const [text = ''] = candidates(envelope)
  return sign('sha256', Buffer.from(text), createPrivateKey(keyPem)).toString('base64')
}

/** The page says that an empty subject is not signed; Huawei's sample in Java signs it. Both are accepted. */
function candidates(envelope: Envelope): string[] {
  const fields = signedFields(envelope)
  const filled = fields.filter(([name, value]) => name !== 'subject' || value !== '')
  return filled.length === fields.length ? [signedText(fields)] : [signedText(filled), signedText(fields)]
}
