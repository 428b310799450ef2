import { createPrivateKey } from 'node:crypto'
import * as z from 'zod'
import { readCertificate, type SigningCertificate } from './certificate.ts'

/** Accepts `\n` for a line feed, because a variable may have only one line. */
const Pem = z.string().transform((text) => text.replaceAll('\\n', '\n'))

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** One certificate, or several while one is replaced. */
export const Certificates = Pem.transform((text, context): SigningCertificate[] => {
  try {
    const blocks = text.match(BLOCK) ?? ['']
    return blocks.map(readCertificate)
  } catch (error) {
    context.addIssue(error instanceof Error ? error.message : 'cannot be read')
    return z.NEVER
  }
})

/** The PEM of an RSA key. The error shows nothing of it, because it is a secret. */
export const SigningKeyPem = Pem.refine(isRsaKey, 'is not the PEM of an RSA key')

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}
