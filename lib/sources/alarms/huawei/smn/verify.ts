import { parseStrictJson } from '../../../../http/body.ts'
import type { FetchText, WebhookRequest } from '../../../source.ts'
import { SignatureError } from '../../../verify/signature-error.ts'
import type { SigningCertificate } from './certificate.ts'
import type { CertificateCache } from './certificate-cache.ts'
import { type Envelope, readEnvelope } from './envelope.ts'
import { certificateLink } from './links.ts'
import { isSignedBy } from './signature.ts'
import type { Topic } from './topic.ts'

/** SMN retries up to six times, at intervals of hours, for "up to a day". The rules limit the age of an alarm. */
const MAX_AGE_MS = 26 * 3600 * 1000

/** Tolerance for clocks that differ. */
const MAX_AHEAD_MS = 5 * 60_000

export interface Trust {
  topics: Topic[]
  /** If set, used in place of the certificates that messages name. */
  certificates?: SigningCertificate[] | undefined
  fetched: CertificateCache
}

/**
 * Verifies a message by SMN's signature and by its topic, because SMN signs for anybody's topics. Cheap checks come first, so
 * that only a sender that knows a configured topic can cause a fetch.
 * @returns the message's id, which is signed, and equal for every retry
 * @throws {SignatureError} that says what is missing or wrong. {@link UnreachableError} if the certificate cannot be fetched
 */
export async function verifySmn(
  { body, atMs }: Pick<WebhookRequest, 'body' | 'atMs'>,
  { topics, certificates, fetched }: Trust,
  fetchText: FetchText,
): Promise<string> {
  const envelope = readEnvelope(payloadOf(body))
  const topic = topics.find(({ urn }) => urn === envelope.topic_urn)
  if (!topic) throw new SignatureError('topic_urn is not a configured topic')
  const sentMs = Date.parse(envelope.timestamp)
  if (!(sentMs >= atMs - MAX_AGE_MS && sentMs <= atMs + MAX_AHEAD_MS)) {
    throw new SignatureError('timestamp is more than 26 h old, or more than 5 min in the future')
  }
  if (certificates) {
    checkSignature(envelope, certificates, atMs)
    return envelope.message_id
  }
  const url = certificateLink(envelope.signing_cert_url, topic)
  const certificate = await fetched.find({ url, topic: topic.urn, nowMs: atMs }, fetchText)
  checkSignature(envelope, [certificate], atMs)
  fetched.noteProven(url, certificate, atMs)
  return envelope.message_id
}

/** @throws {SignatureError} if none of the certificates has signed it */
function checkSignature(envelope: Envelope, certificates: SigningCertificate[], atMs: number): void {
  const valid = certificates.filter(({ validFromMs, validToMs }) => validFromMs <= atMs && atMs <= validToMs)
  if (valid.length === 0) throw new SignatureError('the certificate of SMN is not valid at this time')
  if (!valid.some((certificate) => isSignedBy(envelope, certificate))) {
    throw new SignatureError('signature does not match the message')
  }
}

/** An unreadable body proves nothing. The error shows nothing of it: it is logged, and anybody may have written it. */
function payloadOf(body: Buffer): unknown {
  try {
    return parseStrictJson(body)
  } catch {
    throw new SignatureError('not a message of SMN: its body cannot be read')
  }
}
