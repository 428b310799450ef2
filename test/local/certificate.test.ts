import { createPrivateKey, sign, verify, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeCertificate } from '../../lib/local/certificate.ts'

const NOW = Date.parse('2026-11-20T03:12:00Z')

test('a certificate is one that the parser of TLS takes', () => {
  const { certificate } = makeCertificate('Steadyhand', NOW)
  const { subject, issuer, validFrom, validTo, publicKey, serialNumber } = new X509Certificate(certificate)
  expect({ subject, issuer, validFrom, validTo, kind: publicKey.asymmetricKeyType }).toEqual({
    subject: 'CN=Steadyhand',
    issuer: 'CN=Steadyhand',
    validFrom: 'Nov 20 03:12:00 2026 GMT',
    validTo: 'Nov 20 03:12:00 2036 GMT',
    kind: 'rsa',
  })
  expect(publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  expect(serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/)
})

test('it signed itself, and its key signs what it verifies', () => {
  const { key, certificate } = makeCertificate('Steadyhand', NOW)
  const parsed = new X509Certificate(certificate)
  expect(parsed.verify(parsed.publicKey)).toBe(true)
  expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true)
  const text = Buffer.from('text')
  expect(verify('sha256', text, parsed.publicKey, sign('sha256', text, key))).toBe(true)
})

test('each has a key of its own', () => {
  expect(makeCertificate('a', NOW).key).not.toBe(makeCertificate('a', NOW).key)
})

test('from 2050 on the year has four digits', () => {
  const { certificate } = makeCertificate('a', Date.parse('2045-01-01T00:00:00Z'))
  expect(new X509Certificate(certificate).validTo).toBe('Jan  1 00:00:00 2055 GMT')
})

test.for(['Grüße', 'x'.repeat(200)])('the name may be %s', (name) => {
  expect(new X509Certificate(makeCertificate(name, NOW).certificate).subject).toContain('CN=')
})
