import { type KeyObject, X509Certificate } from 'node:crypto'
import { SignatureError } from '../../../verify/signature-error.ts'

/** What a message is checked with. */
export interface SigningCertificate {
  key: KeyObject
  digest: string
  validFromMs: number
  validToMs: number
}

/**
 * SMN signs with the algorithm that its certificate was signed with (Huawei's own sample takes it from there).
 * By the OID, in hex. SHA-1 and MD5 are left out: anybody may make two messages that have the same.
 * Source: https://www.rfc-editor.org/rfc/rfc8017#appendix-C
 */
const DIGESTS: ReadonlyMap<string, string> = new Map([
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
])

/** What is shorter counts as weak since 2013 (NIST SP 800-131A). */
const MIN_BITS = 2048

/** @param pem a certificate; of several, the first. @throws {SignatureError} if it is none, or none to trust in */
export function readCertificate(pem: string): SigningCertificate {
  const certificate = parse(pem)
  const { publicKey: key, raw, validFrom, validTo } = certificate
  if (key.asymmetricKeyType !== 'rsa') throw new SignatureError('the certificate of SMN is not of an RSA key')
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits < MIN_BITS) throw new SignatureError(`the certificate of SMN is of a key of ${bits} bits, which is weak`)
  const digest = DIGESTS.get(algorithmOf(raw))
  if (!digest) throw new SignatureError('the certificate of SMN is signed by a weak or unknown algorithm')
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
 * Node tells it by name since 24.9 only. That the DER is sound, its parser has seen.
 */
function algorithmOf(der: Buffer): string {
  const tbs = elementAt(der, elementAt(der, 0).from)
  const oid = elementAt(der, elementAt(der, tbs.to).from)
  return der.toString('hex', oid.from, oid.to)
}

/** Where the content of a DER element begins and ends. */
function elementAt(der: Buffer, at: number): { from: number; to: number } {
  const short = der.readUInt8(at + 1)
  if (short < 0x80) return { from: at + 2, to: at + 2 + short }
  const lengthBytes = short - 0x80
  const from = at + 2 + lengthBytes
  return { from, to: from + der.readUIntBE(at + 2, lengthBytes) }
}
