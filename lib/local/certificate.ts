import { createHash, generateKeyPairSync, sign } from 'node:crypto'

export interface OwnCertificate {
  /** PKCS #8, PEM. */
  key: string
  /** X.509, PEM. */
  certificate: string
}

const YEARS = 10

/**
 * Makes a key and a self-signed certificate, so that SMN messages can be signed on one machine without SMN's own key. RSA 2048,
 * SHA-256, ten years.
 */
export function makeCertificate(name: string, nowMs: number): OwnCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const until = new Date(nowMs)
  until.setUTCFullYear(until.getUTCFullYear() + YEARS)
  const unsigned = sequence(
    element(0x02, serialOf(spki)),
    SHA256_WITH_RSA,
    nameOf(name),
    sequence(timeOf(new Date(nowMs)), timeOf(until)),
    nameOf(name),
    spki,
  )
  // A bit string begins with the number of unused bits in its last byte.
  const signature = element(0x03, Buffer.from([0]), sign('sha256', unsigned, privateKey))
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: pemOf(sequence(unsigned, SHA256_WITH_RSA, signature)),
  }
}

/** From here on: DER (ITU-T X.690) of `Certificate` (RFC 5280, 4.1), version 1, which has no extensions. */
function element(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content)]), content])
}

/** A length under 128 is one byte. Others are the number of their bytes with the high bit set, then the bytes. */
function lengthOf({ length }: Buffer): number[] {
  if (length < 0x80) return [length]
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff]
  return [0x80 + bytes.length, ...bytes]
}

function sequence(...elements: Buffer[]): Buffer {
  return element(0x30, ...elements)
}

function oid(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'))
}

/** 1.2.840.113549.1.1.11, with NULL parameters. */
const SHA256_WITH_RSA = sequence(oid('2a864886f70d01010b'), element(0x05))

/** One common name (2.5.4.3). */
function nameOf(name: string): Buffer {
  return sequence(element(0x31, sequence(oid('550403'), element(0x0c, Buffer.from(name)))))
}

/** 16 bytes, positive, different for each key. */
function serialOf(spki: Buffer): Buffer {
  const serial = createHash('sha256').update(spki).digest().subarray(0, 16)
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0)
  return serial
}

/** Two digits of the year before 2050, four from then on (RFC 5280, 4.1.2.5). */
function timeOf(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|\D/g, '')
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : element(0x18, Buffer.from(`${digits}Z`))
}

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}
