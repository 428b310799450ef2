import { type KeyObject, X509Certificate } from 'node:crypto'
import { SignatureError } from '../../../verify/signature-error.ts'

/** The parts of a certificate that verify a message. */
export interface SigningCertificate {
  key: KeyObject
  digest: string
  validFromMs: number
  validToMs: number
}

/**
 * Digests by the OID of the algorithm, in hex. SMN signs with the algorithm of its certificate's own signature, as Huawei's
 * sample does. SHA-1 and MD5 are left out, because collisions can be made for them.
 * Source: https://www.rfc-editor.org/rfc/rfc8017#appendix-C
 */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
])

/** Shorter keys count as weak since 2013 (NIST SP 800-131A). */
const MIN_BITS = 2048

/** @param pem one or more certificates; the first is used. @throws {SignatureError} if it cannot be read or is too weak */
export function readCertificate(pem: string): SigningCertificate {
  const certificate = parse(pem)
  const { publicKey: key, raw, validFrom, validTo } = certificate
  if (key.asymmetricKeyType !== 'rsa') throw new SignatureError('the certificate of SMN has no RSA key')
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits < MIN_BITS) throw new SignatureError(`the certificate of SMN has a weak key of ${bits} bits`)
  const digest = DIGESTS.get(algorithmOf(raw))
  if (!digest) throw new SignatureError('the certificate of SMN is signed with a weak or unknown algorithm')
  return { key, digest, validFromMs: Date.parse(validFrom), validToMs: Date.parse(validTo) }
}

function parse(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new SignatureError('the certificate of SMN cannot be read')
  }
}

/**
 * The OID in `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { OID, … }, … }` (RFC 5280, 4.1), in hex.
 * Node has its name only since 24.9. The DER is valid: `X509Certificate` has parsed it.
 */
function algorithmOf(der: Buffer): string {
  const tbs = elementAt(der, elementAt(der, 0).from)
  const oid = elementAt(der, elementAt(der, tbs.to).from)
  return der.toString('hex', oid.from, oid.to)
}

/** Start and end of the content of a DER element. */
function elementAt(der: Buffer, at: number): { from: number; to: number } {
  const short = der.readUInt8(at + 1)
  if (short < 0x80) return { from: at + 2, to: at + 2 + short }
  const lengthBytes = short - 0x80
  const from = at + 2 + lengthBytes
  return { from, to: from + der.readUIntBE(at + 2, lengthBytes) }
}
