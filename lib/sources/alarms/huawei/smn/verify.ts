import { parseStrictJson } from '../../../../http/body.ts'
import type { FetchText, WebhookRequest } from '../../../source.ts'
import { SignatureError } from '../../../verify/signature-error.ts'
import type { SigningCertificate } from './certificate.ts'
import type { CertificateCache } from './certificate-cache.ts'
import { type Envelope, readEnvelope } from './envelope.ts'
import { certificateLink } from './links.ts'
import { isSignedBy } from './signature.ts'
import type { Topic } from './topic.ts'

/** SMN tries up to six times more, at intervals of hours: "up to a day". How old an alarm may be, the rules say. */
const MAX_AGE_MS = 26 * 3600 * 1000

/** Clocks differ. */
const MAX_AHEAD_MS = 5 * 60_000

export interface Trust {
  topics: Topic[]
  /** Instead of those that the messages name. */
  certificates?: SigningCertificate[] | undefined
  fetched: CertificateCache
}

/**
 * A message is proven by SMN's signature, and by its topic: anybody may have SMN sign for a topic of his own. What costs
 * nothing is checked first, so that only who knows a topic of ours can have us fetch a certificate.
 * @returns the message's id, which is signed, and the same for every retry
 * @throws {SignatureError} saying what is missing or wrong. {@link UnreachableError} where the certificate is not to be had
 */
export async function verifySmn(
  { body, atMs }: Pick<WebhookRequest, 'body' | 'atMs'>,
  { topics, certificates, fetched }: Trust,
  fetchText: FetchText,
): Promise<string> {
  const envelope = readEnvelope(payloadOf(body))
  const topic = topics.find(({ urn }) => urn === envelope.topic_urn)
  if (!topic) throw new SignatureError('topic_urn is of no topic that is configured')
  const sentMs = Date.parse(envelope.timestamp)
  if (!(sentMs >= atMs - MAX_AGE_MS && sentMs <= atMs + MAX_AHEAD_MS)) {
    throw new SignatureError('timestamp is more than 26 h ago, or 5 min ahead')
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

/** @throws {SignatureError} where none of the certificates has signed it */
function checkSignature(envelope: Envelope, certificates: SigningCertificate[], atMs: number): void {
  const valid = certificates.filter(({ validFromMs, validToMs }) => validFromMs <= atMs && atMs <= validToMs)
  if (valid.length === 0) throw new SignatureError('the certificate of SMN is not valid at this time')
  if (!valid.some((certificate) => isSignedBy(envelope, certificate))) {
    throw new SignatureError('signature does not fit the message')
  }
}

/** Nothing that cannot be read is proven. Nor is any of it said: it may be anybody's, and the reason is logged. */
function payloadOf(body: Buffer): unknown {
  try {
    return parseStrictJson(body)
  } catch {
    throw new SignatureError('not a message of SMN: its body cannot be read')
  }
}
